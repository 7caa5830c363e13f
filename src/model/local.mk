# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += %D%/libwfmodel.la
%C%_libwfmodel_la_SOURCES = \
	%D%/about.c %D%/alert.h %D%/alert_cpu.c %D%/alert_end.c %D%/alert_text.c %D%/alerts.c %D%/alerts.def \
	%D%/blocks.c %D%/blocks.h %D%/carried.c %D%/carried.h %D%/carry.c %D%/clockmap.c %D%/dump.c \
	%D%/expr.c %D%/expr.h %D%/expr_node.h %D%/expr_parse.c \
	%D%/gen.c %D%/gen.h \
	%D%/hist.c %D%/hist.h \
	%D%/lanes.c %D%/lanes.h %D%/look.c \
	%D%/lives.c \
	%D%/model.c %D%/model.h \
	%D%/order.c %D%/order.h \
	%D%/reader.c %D%/reader.h %D%/reader_int.h %D%/replay.c \
	%D%/rows.c %D%/rows_sorted.c %D%/schema.c %D%/state.h \
	%D%/step.h %D%/steps.c %D%/steps.h %D%/steps_g.c %D%/steps_other.c \
	%D%/steps_put.c %D%/steps_site.c \
	%D%/symbols.c %D%/symbols.h %D%/symbols_dw.c %D%/symbols_dw.h \
	%D%/symbols_elf.c %D%/symbols_elf.h %D%/verify.c %D%/window.c
%C%_libwfmodel_la_LIBADD = src/format/libwfformat.la $(DW_LIBS)

# What a reader of traces links: model and below.
noinst_LTLIBRARIES += libweft-trace.la
libweft_trace_la_SOURCES =
libweft_trace_la_LIBADD = %D%/libwfmodel.la
