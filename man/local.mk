# SPDX-License-Identifier: MIT
# Pages that end in .in have lists which tables-mdoc prints from the source's tables.
noinst_PROGRAMS += %D%/tables-mdoc
%C%_tables_mdoc_SOURCES = %D%/tables-mdoc.c
%C%_tables_mdoc_LDADD = src/format/libwfformat.la

man_pages_in = %D%/weft.1.in %D%/weft-trace.5.in %D%/weft-tuning.7.in
nodist_man_MANS += %D%/weft.1 %D%/weft-trace.5 %D%/weft-tuning.7
EXTRA_DIST += $(man_pages_in)
CLEANFILES += $(nodist_man_MANS)

fill_in = $(AM_V_GEN)$(MKDIR_P) %D% && \
	%D%/tables-mdoc <$(top_srcdir)/$@.in >$@-t && mv -f $@-t $@
%D%/weft.1: %D%/weft.1.in %D%/tables-mdoc$(EXEEXT)
	$(fill_in)
%D%/weft-trace.5: %D%/weft-trace.5.in %D%/tables-mdoc$(EXEEXT)
	$(fill_in)
%D%/weft-tuning.7: %D%/weft-tuning.7.in %D%/tables-mdoc$(EXEEXT)
	$(fill_in)
