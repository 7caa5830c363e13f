# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += %D%/libwfmodel.la
%C%_libwfmodel_la_SOURCES = \
	%D%/alert.h %D%/alert_end.c %D%/alert_text.c %D%/alerts.c %D%/alerts.def \
	%D%/blocks.c %D%/blocks.h \
	%D%/expr.c %D%/expr.h %D%/expr_node.h %D%/expr_parse.c \
	%D%/gen.c %D%/gen.h \
	%D%/hist.c %D%/hist.h \
	%D%/lanes.c %D%/lanes.h %D%/look.c \
	%D%/lives.c \
	%D%/model.c %D%/model.h %D%/reader.h \
	%D%/rows.c %D%/rows_sorted.c %D%/state.h \
	%D%/step.h %D%/window.c
%C%_libwfmodel_la_LIBADD = src/format/libwfformat.la $(DW_LIBS)

# What a reader of traces links: model and below.
noinst_LTLIBRARIES += libweft-trace.la
libweft_trace_la_SOURCES =
libweft_trace_la_LIBADD = %D%/libwfmodel.la
