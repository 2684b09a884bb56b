/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM page_hinting

#if !defined(_TRACE_PAGE_HINTING_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_PAGE_HINTING_H

#include <linux/mmzone.h>
#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(page_hinting_block,

	TP_PROTO(unsigned long pfn, unsigned int order),

	TP_ARGS(pfn, order),

	TP_STRUCT__entry(
		__field(unsigned long, pfn)
		__field(unsigned int, order)
	),

	TP_fast_assign(
		__entry->pfn = pfn;
		__entry->order = order;
	),

	TP_printk("pfn=0x%lx order=%u", __entry->pfn, __entry->order)
);

DEFINE_EVENT(page_hinting_block, page_hinting_capture,
	TP_PROTO(unsigned long pfn, unsigned int order),
	TP_ARGS(pfn, order)
);

DEFINE_EVENT(page_hinting_block, page_hinting_overflow,
	TP_PROTO(unsigned long pfn, unsigned int order),
	TP_ARGS(pfn, order)
);

DEFINE_EVENT(page_hinting_block, page_hinting_isolate,
	TP_PROTO(unsigned long pfn, unsigned int order),
	TP_ARGS(pfn, order)
);

TRACE_EVENT(page_hinting_age,

	TP_PROTO(unsigned int before_ms, unsigned int age_ms,
		 unsigned long long cold_pages),

	TP_ARGS(before_ms, age_ms, cold_pages),

	TP_STRUCT__entry(
		__field(unsigned int, before_ms)
		__field(unsigned int, age_ms)
		__field(unsigned long long, cold_pages)
	),

	TP_fast_assign(
		__entry->before_ms = before_ms;
		__entry->age_ms = age_ms;
		__entry->cold_pages = cold_pages;
	),

	TP_printk("before_ms=%u age_ms=%u cold_pages=%llu",
		  __entry->before_ms, __entry->age_ms, __entry->cold_pages)
);

TRACE_EVENT(page_hinting_report,

	TP_PROTO(unsigned int nr_ranges, unsigned int nr_blocks,
		 unsigned long nr_pages),

	TP_ARGS(nr_ranges, nr_blocks, nr_pages),

	TP_STRUCT__entry(
		__field(unsigned int, nr_ranges)
		__field(unsigned int, nr_blocks)
		__field(unsigned long, nr_pages)
	),

	TP_fast_assign(
		__entry->nr_ranges = nr_ranges;
		__entry->nr_blocks = nr_blocks;
		__entry->nr_pages = nr_pages;
	),

	TP_printk("nr_ranges=%u nr_blocks=%u nr_pages=%lu",
		  __entry->nr_ranges, __entry->nr_blocks, __entry->nr_pages)
);

TRACE_EVENT(page_hinting_return,

	TP_PROTO(unsigned long pfn, unsigned long nr_pages, bool hinted),

	TP_ARGS(pfn, nr_pages, hinted),

	TP_STRUCT__entry(
		__field(unsigned long, pfn)
		__field(unsigned long, nr_pages)
		__field(bool, hinted)
	),

	TP_fast_assign(
		__entry->pfn = pfn;
		__entry->nr_pages = nr_pages;
		__entry->hinted = hinted;
	),

	TP_printk("pfn=0x%lx nr_pages=%lu hinted=%d",
		  __entry->pfn, __entry->nr_pages, __entry->hinted)
);

TRACE_EVENT(page_hinting_clock,

	TP_PROTO(struct zone *zone, unsigned long missed),

	TP_ARGS(zone, missed),

	TP_STRUCT__entry(
		__field(int, nid)
		__string(name, zone->name)
		__field(unsigned long, missed)
	),

	TP_fast_assign(
		__entry->nid = zone_to_nid(zone);
		__assign_str(name);
		__entry->missed = missed;
	),

	TP_printk("nid=%d zone=%s missed=%lu",
		  __entry->nid, __get_str(name), __entry->missed)
);

TRACE_EVENT(page_hinting_compact,

	TP_PROTO(struct zone *zone, unsigned long before, unsigned long after,
		 bool done),

	TP_ARGS(zone, before, after, done),

	TP_STRUCT__entry(
		__field(int, nid)
		__string(name, zone->name)
		__field(unsigned long, before)
		__field(unsigned long, after)
		__field(bool, done)
	),

	TP_fast_assign(
		__entry->nid = zone_to_nid(zone);
		__assign_str(name);
		__entry->before = before;
		__entry->after = after;
		__entry->done = done;
	),

	TP_printk("nid=%d zone=%s before=%lu after=%lu done=%d", __entry->nid,
		  __get_str(name), __entry->before, __entry->after, __entry->done)
);

#endif /* _TRACE_PAGE_HINTING_H */

#include <trace/define_trace.h>
