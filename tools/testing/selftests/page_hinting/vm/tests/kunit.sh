# SPDX-License-Identifier: GPL-2.0
# The KUnit tests, on the debug kernel, by the kernel's own kunit.py.
set -eu

build=$(pwd)/build/linux-6.12-debug
cd build/source/linux-6.12
./tools/testing/kunit/kunit.py exec --arch=x86_64 --build_dir="$build" \
	--timeout=600 --kernel_args='panic_on_warn=1 panic=-1 page_poison=0' \
	'page_hinting*'
