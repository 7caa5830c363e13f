# SPDX-License-Identifier: MIT
# Pages that end in .in have lists which tables-mdoc prints from the source's tables.
noinst_PROGRAMS += %D%/tables-mdoc
%C%_tables_mdoc_SOURCES = %D%/tables-mdoc.c %D%/prose.h
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

# Section 3: a page for each header, from its comments and its example.
noinst_PROGRAMS += %D%/headers-mdoc
%C%_headers_mdoc_SOURCES = %D%/headers-mdoc.c %D%/prose.h
%C%_headers_mdoc_LDADD =
header_pages = %D%/weft_addr.3 %D%/weft_block.3 %D%/weft_chan.3 %D%/weft_coro.3 %D%/weft_ctx.3 \
	%D%/weft_error.3 %D%/weft_group.3 %D%/weft_log.3 %D%/weft_net.3 %D%/weft_pool.3 %D%/weft_proc.3 \
	%D%/weft_run.3 %D%/weft_select.3 %D%/weft_signal.3 %D%/weft_stats.3 %D%/weft_sync.3 \
	%D%/weft_timer.3 %D%/weft_trace.3 %D%/weft_typed.3 %D%/weft_version.3
nodist_man_MANS += $(header_pages)
CLEANFILES += $(header_pages)
dist_man_MANS += %D%/weft.3

# weft_chan(3) ends with what man/examples/chan.c says, if there is such a file.
$(header_pages): %D%/headers-mdoc$(EXEEXT) $(man_examples_c) $(weftinclude_HEADERS)
	$(AM_V_GEN)$(MKDIR_P) %D% && name=`basename $@ .3` && name=$${name#weft_} && \
	example='$(top_srcdir)/man/examples/'$$name.c && \
	{ test -f "$$example" || example=; } && \
	%D%/headers-mdoc weft_$$name '$(top_srcdir)/include/weft/'$$name.h \
	    $${example:+"$$example"} >$@-t && mv -f $@-t $@

# Examples of pages, which make check runs.
man_examples = \
	%D%/examples/addr %D%/examples/block %D%/examples/chan %D%/examples/coro \
	%D%/examples/ctx %D%/examples/error %D%/examples/group %D%/examples/log \
	%D%/examples/net %D%/examples/pool %D%/examples/proc %D%/examples/run \
	%D%/examples/select %D%/examples/signal %D%/examples/stats %D%/examples/sync \
	%D%/examples/timer %D%/examples/trace %D%/examples/version
man_examples_c = $(man_examples:=.c)
check_PROGRAMS += $(man_examples)

# A link for each function's name, but where a page is called so.
function_links = names=`sed -n 's/^\.Nm \(weft_[a-z0-9_]*\).*/\1/p' "$$page"` && for name in $$names; do \
	case ' $(header_pages) ' in *"/$$name.3 "*) continue ;; esac
install-data-hook:
	@for page in $(header_pages); do $(function_links); \
	    echo ".so man3/`basename $$page`" >'$(DESTDIR)$(man3dir)'/$$name.3 || exit 1; done; done
uninstall-hook:
	@for page in $(header_pages); do test -f $$page || continue; $(function_links); \
	    rm -f '$(DESTDIR)$(man3dir)'/$$name.3; done; done
