# SPDX-License-Identifier: GPL-2.0
#
# Free page hinting: builds guest kernels with the series, boots them and
# watches from the host what comes back. "make help" says what there is.

# Of the guest: CPUs and MiB.
SMP ?= 2
MEM ?= 2048
QEMU ?= qemu-system-x86_64
# A kernel tree of your own instead of the distribution's source.
KSRC ?=
# Seconds of the stress test.
STRESS_S ?= 180
# And of the soak.
SOAK_S ?= 3600
export SMP MEM QEMU KSRC STRESS_S SOAK_S

# What make qemu builds.
ifeq ($(QEMU),ours)
override QEMU := build/qemu/qemu-system-x86_64
endif

vm := tools/testing/selftests/page_hinting/vm
jobs := $(shell nproc)

tree := build/source/linux-6.12
kernel := build/linux-6.12
kernel_debug := build/linux-6.12-debug
kernel_kcsan := build/linux-6.12-kcsan
kernel_rt := build/linux-6.12-rt
kernel_scale := build/linux-6.12-scale
checked := $(vm)/kernel.config $(vm)/checked.config
qemu_tree := build/source/qemu-10.0
qemu_plain := build/qemu-plain

# What is costly to make again outlives "make clean" and other clones.
export CCACHE_DIR := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/page-hinting/ccache
export CCACHE_BASEDIR := $(CURDIR)/build
# The depend mode trusts the compiler's own list of headers: half the work.
export CCACHE_DEPEND := 1
export KBUILD_BUILD_TIMESTAMP := 2024-01-01
export KBUILD_BUILD_USER := page
export KBUILD_BUILD_HOST := hinting

.PHONY: run check check-long check-qemu soak bench bench-quick bench-more bench-qemu density \
	kernel kernel-bench kernel-debug kernel-kcsan kernel-rt kernel-scale series \
	qemu qemu-plain qemu-series shell help clean distclean \
	deps tree guest qemu-deps qemu-tree FORCE

help:
	@echo 'make run           boot a guest, free memory in it, watch the host get it back'
	@echo 'make check         all tests; last line "N passed, N failed"'
	@echo 'make check-NAME    one of them: $(notdir $(basename $(wildcard $(vm)/tests/*.sh)))'
	@echo 'make check-long    the tests that take long; check-long-NAME one of them:'
	@echo '                   $(notdir $(basename $(wildcard $(vm)/tests-long/*.sh)))'
	@echo 'make kernel        $(kernel)/vmlinux'
	@echo 'make kernel-debug  $(kernel_debug)/vmlinux, with KASAN, lockdep and the like'
	@echo 'make kernel-kcsan, kernel-rt: with the data race detector, with PREEMPT_RT'
	@echo 'make kernel-scale  with 64 CPUs and what counts time with interrupts off'
	@echo 'make soak          everything at once for SOAK_S seconds'
	@echo 'make series        build/series/*.patch, to be mailed or given to git am'
	@echo 'make qemu          build/qemu/qemu-system-x86_64: Debian 13 source with the series for it'
	@echo 'make qemu-series   build/qemu-series/*.patch; make qemu-plain: without the series'
	@echo 'make check-qemu    tests of it: the queue with ASan and UBSan, guests, a migration'
	@echo 'make bench-qemu    measure it beside the same source unpatched; publishes'
	@echo 'make bench         measure hinting beside page reporting; publishes tables, pictures'
	@echo 'make bench-quick   less of it, and publishes nothing'
	@echo 'make bench-more WORKLOADS=churn RUNS=5   adds runs to those of a bench'
	@echo 'make density       how many guests fit, with hinting and without; QUICK=1 for less of it'
	@echo 'make shell         an interactive guest; "poweroff -f" or Ctrl-A X ends it'
	@echo 'make clean         remove results, kernels, QEMUs; distclean: all of build/'
	@echo
	@echo 'Variables: SMP=$(SMP) MEM=$(MEM) (MiB) QEMU=$(QEMU) STRESS_S=$(STRESS_S) SOAK_S=$(SOAK_S)'
	@echo '           QEMU=ours runs what make qemu builds'
	@echo '           KSRC=DIR builds from a Linux 6.12.y tree of your own'

ifeq ($(QEMU),build/qemu/qemu-system-x86_64)
run shell: qemu
endif

run: kernel guest
	@$(vm)/run.sh

check: kernel kernel-debug guest
	@$(vm)/check.sh

check-%: kernel kernel-debug guest
	@$(vm)/check.sh $*

check-long: kernel kernel-debug kernel-kcsan kernel-rt kernel-scale guest
	@$(vm)/check.sh -d tests-long

check-long-%: kernel kernel-debug guest
	@$(vm)/check.sh -d tests-long $*

check-long-kcsan: kernel-kcsan
check-long-rt: kernel-rt
check-long-scale: kernel-scale

soak: kernel kernel-debug guest
	@$(vm)/check.sh -d tests-long soak

bench: kernel-bench guest
	@$(vm)/bench.sh $(WORKLOADS)

bench-quick: kernel-bench guest
	@$(vm)/bench.sh -q $(WORKLOADS)

bench-more: kernel-bench guest
	@$(vm)/bench.sh -a $(WORKLOADS)

density: $(if $(QUICK),kernel,kernel-bench) guest
	@$(vm)/density.sh $(if $(QUICK),-q) $(WORKLOADS)

shell: kernel guest
	@$(vm)/guest.sh -i

deps:
	@$(vm)/deps.sh

tree: deps
	@mkdir -p $(dir $(tree))
	@$(vm)/step.sh "kernel source" series/tree.sh $(tree)

kernel: $(kernel)/vmlinux
kernel-debug: $(kernel_debug)/vmlinux
kernel-kcsan: $(kernel_kcsan)/vmlinux
kernel-rt: $(kernel_rt)/vmlinux
kernel-scale: $(kernel_scale)/vmlinux

$(kernel)/vmlinux: tree FORCE
	@$(vm)/kernel.sh $(tree) $(kernel) $(vm)/kernel.config

$(kernel_debug)/vmlinux: tree FORCE
	@$(vm)/kernel.sh $(tree) $(kernel_debug) $(checked) $(vm)/debug.config

$(kernel_kcsan)/vmlinux: tree FORCE
	@$(vm)/kernel.sh $(tree) $(kernel_kcsan) $(checked) $(vm)/kcsan.config

$(kernel_rt)/vmlinux: tree FORCE
	@$(vm)/kernel.sh $(tree) $(kernel_rt) $(checked) $(vm)/rt.config

$(kernel_scale)/vmlinux: tree FORCE
	@$(vm)/kernel.sh $(tree) $(kernel_scale) $(vm)/kernel.config $(vm)/scale.config

# Beside the series it can vary page reporting's delay. In a place of its own
# with the same relative paths, so that ccache knows nearly all of it.
kernel-bench: kernel
	@mkdir -p build/bench/source
	@$(vm)/step.sh "bench's kernel source" $(vm)/bench/tree.sh \
		build/bench/source/linux-6.12
	@$(vm)/kernel.sh build/bench/source/linux-6.12 build/bench/linux-6.12 \
		$(vm)/kernel.config

guest: tree
	@$(MAKE) -s -C tools/testing/selftests/page_hinting/vm \
		OUT=$(CURDIR)/build/guest TREE=$(CURDIR)/$(tree)

series: deps
	@series/export.sh build/series

qemu-deps:
	@$(vm)/deps.sh qemu

qemu-tree: qemu-deps
	@$(vm)/step.sh "QEMU's source" series/qemu-tree.sh $(qemu_tree)

qemu: qemu-tree
	@$(vm)/qemu.sh $(qemu_tree) build/qemu qemu-system-x86_64

# To compare with. In a place of its own with the same relative paths, so that
# ccache knows nearly all of it.
qemu-plain: qemu-deps
	@$(vm)/step.sh "QEMU's source, unpatched" \
		series/qemu-tree.sh -p $(qemu_plain)/source/qemu-10.0
	@$(vm)/qemu.sh $(qemu_plain)/source/qemu-10.0 $(qemu_plain)/qemu \
		qemu-system-x86_64

qemu-series: qemu-deps
	@series/qemu-export.sh build/qemu-series

check-qemu: qemu kernel guest
	@$(vm)/qemu-check.sh

bench-qemu: qemu qemu-plain kernel guest
	@$(vm)/qemu-bench.sh

clean:
	rm -rf build/check build/run build/series build/guest build/accel \
		build/qemu build/qemu-asan build/qemu-plain build/qemu-series \
		$(kernel) $(kernel_debug) $(kernel_kcsan) $(kernel_rt) \
		$(kernel_scale)

distclean:
	rm -rf build

FORCE:
