# SPDX-License-Identifier: MIT
# Lines of traces: one for each file, see man/, traces/ and examples/ in Makefile.am.
EXTRA_DIST += %D%/record \
	%D%/good/data_lost.weft \
	%D%/good/deadlock.weft \
	%D%/good/healthy.weft \
	%D%/good/hog.weft \
	%D%/good/idle_while_queued.weft \
	%D%/good/kernel_starved.weft \
	%D%/good/pinned_stall.weft \
	%D%/good/pool_misses.weft \
	%D%/good/starved.weft \
	%D%/good/thread_churn.weft \
	%D%/good/wait_pileup.weft \
	%D%/bad/bad-sum/in.txt %D%/bad/bad-sum/error.txt \
	%D%/bad/behind-end/in.txt %D%/bad/behind-end/error.txt \
	%D%/bad/block-missing/in.txt %D%/bad/block-missing/error.txt \
	%D%/bad/body-beyond-file/in.txt %D%/bad/body-beyond-file/error.txt \
	%D%/bad/cut-in-block/in.txt %D%/bad/cut-in-block/error.txt \
	%D%/bad/cut-in-header/in.txt %D%/bad/cut-in-header/error.txt \
	%D%/bad/damaged-header/in.txt %D%/bad/damaged-header/error.txt \
	%D%/bad/disk-full/in.txt %D%/bad/disk-full/error.txt \
	%D%/bad/dropped/in.txt %D%/bad/dropped/error.txt \
	%D%/bad/empty-file/in.txt %D%/bad/empty-file/error.txt \
	%D%/bad/end-cut-off/in.txt %D%/bad/end-cut-off/error.txt \
	%D%/bad/event-cut-off/in.txt %D%/bad/event-cut-off/error.txt \
	%D%/bad/garbage-between/in.txt %D%/bad/garbage-between/error.txt \
	%D%/bad/head-flipped/in.txt %D%/bad/head-flipped/error.txt \
	%D%/bad/header-only/in.txt %D%/bad/header-only/error.txt \
	%D%/bad/hostile-names/in.txt %D%/bad/hostile-names/error.txt \
	%D%/bad/huge-generation/in.txt %D%/bad/huge-generation/error.txt \
	%D%/bad/late-generation/in.txt %D%/bad/late-generation/error.txt \
	%D%/bad/must-understand/in.txt %D%/bad/must-understand/error.txt \
	%D%/bad/newer-major/in.txt %D%/bad/newer-major/error.txt \
	%D%/bad/no-clock-rate/in.txt %D%/bad/no-clock-rate/error.txt \
	%D%/bad/no-coroutine/in.txt %D%/bad/no-coroutine/error.txt \
	%D%/bad/no-end/in.txt %D%/bad/no-end/error.txt \
	%D%/bad/not-a-trace/in.txt %D%/bad/not-a-trace/error.txt \
	%D%/bad/payload-flipped/in.txt %D%/bad/payload-flipped/error.txt \
	%D%/bad/pool-torn/in.txt %D%/bad/pool-torn/error.txt \
	%D%/bad/sequence-hole/in.txt %D%/bad/sequence-hole/error.txt \
	%D%/bad/sequence-repeated/in.txt %D%/bad/sequence-repeated/error.txt \
	%D%/bad/stack-too-deep/in.txt %D%/bad/stack-too-deep/error.txt \
	%D%/bad/stream-hole/in.txt %D%/bad/stream-hole/error.txt \
	%D%/bad/string-cut-off/in.txt %D%/bad/string-cut-off/error.txt \
	%D%/bad/string-too-long/in.txt %D%/bad/string-too-long/error.txt \
	%D%/bad/symbols-cut-off/in.txt %D%/bad/symbols-cut-off/error.txt \
	%D%/bad/symbols-flipped/in.txt %D%/bad/symbols-flipped/error.txt \
	%D%/bad/symbols-gone/in.txt %D%/bad/symbols-gone/error.txt \
	%D%/bad/symbols-hostile/in.txt %D%/bad/symbols-hostile/error.txt \
	%D%/bad/symbols-long-name/in.txt %D%/bad/symbols-long-name/error.txt \
	%D%/bad/symbols-many-frames/in.txt %D%/bad/symbols-many-frames/error.txt \
	%D%/bad/symbols-torn/in.txt %D%/bad/symbols-torn/error.txt \
	%D%/bad/symbols-unfinished/in.txt %D%/bad/symbols-unfinished/error.txt \
	%D%/bad/symbols-unknown-string/in.txt %D%/bad/symbols-unknown-string/error.txt \
	%D%/bad/symbols-unordered/in.txt %D%/bad/symbols-unordered/error.txt \
	%D%/bad/two-ms-one-p/in.txt %D%/bad/two-ms-one-p/error.txt \
	%D%/bad/unknown-block/in.txt %D%/bad/unknown-block/error.txt \
	%D%/bad/unknown-event/in.txt %D%/bad/unknown-event/error.txt \
	%D%/bad/unknown-incompat/in.txt %D%/bad/unknown-incompat/error.txt \
	%D%/bad/varint-too-long/in.txt %D%/bad/varint-too-long/error.txt \
	%D%/bad/wrong-state/in.txt %D%/bad/wrong-state/error.txt
