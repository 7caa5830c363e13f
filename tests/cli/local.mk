# SPDX-License-Identifier: MIT
dist_check_SCRIPTS += %D%/test_bench.sh %D%/test_conf.sh %D%/test_files.sh %D%/test_golden.sh %D%/test_run.sh %D%/test_schedtrace.sh %D%/test_symbols.sh %D%/test_usage.sh
EXTRA_DIST += \
	%D%/golden/check-failed.expected \
	%D%/golden/check.expected \
	%D%/golden/doctor-json.expected \
	%D%/golden/doctor-mute.expected \
	%D%/golden/doctor-threshold.expected \
	%D%/golden/doctor.expected \
	%D%/golden/dump-range.expected \
	%D%/golden/dump.expected \
	%D%/golden/junit.expected \
	%D%/golden/report-alerts.expected \
	%D%/golden/report-coroutines.expected \
	%D%/golden/report-csv.expected \
	%D%/golden/report-events.expected \
	%D%/golden/report-gaps.expected \
	%D%/golden/report-info.expected \
	%D%/golden/report-json.expected \
	%D%/golden/report-marks.expected \
	%D%/golden/report-md.expected \
	%D%/golden/report-objects.expected \
	%D%/golden/report-overview.expected \
	%D%/golden/report-pools.expected \
	%D%/golden/report-procs.expected \
	%D%/golden/report-queues.expected \
	%D%/golden/report-regions.expected \
	%D%/golden/report-sites.expected \
	%D%/golden/report-sort.expected \
	%D%/golden/report-stats.expected \
	%D%/golden/report-threads.expected \
	%D%/golden/report-timeline.expected \
	%D%/golden/report-waits.expected \
	%D%/golden/report-where.expected \
	%D%/golden/summary-json.expected \
	%D%/golden/summary-range.expected \
	%D%/golden/summary.expected \
	%D%/golden/trace.txt \
	%D%/golden/verify.expected
