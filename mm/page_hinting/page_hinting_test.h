/* SPDX-License-Identifier: GPL-2.0 */
/* What KUnit's tests of the engine and of the virtqueue both wait for. */
#ifndef _MM_PAGE_HINTING_TEST_H
#define _MM_PAGE_HINTING_TEST_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>

#include "internal.h"

#define EVENTUALLY(test, condition) do {				\
	unsigned long end = jiffies + 30 * HZ;				\
	bool happened;							\
									\
	while (!(happened = (condition)) && time_before(jiffies, end))	\
		msleep(20);						\
	KUNIT_EXPECT_TRUE_MSG(test, happened,				\
			      #condition " not within 30 s");		\
} while (0)

/* Nothing waits, so what is captured has lost its entry: invariant 3. */
static inline bool all_is_known(void)
{
	unsigned long captured = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		captured += READ_ONCE(zone->hinting.pages[PAGE_HINTING_CAPTURED]);
	return !page_hinting_anywhere(page_hinting_missed) && !page_hinting_waiting() &&
	       !page_hinting_in_flight() && !captured;
}

#endif
