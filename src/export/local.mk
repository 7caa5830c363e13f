# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += %D%/libwfexport.la
%C%_libwfexport_la_SOURCES =
%C%_libwfexport_la_LIBADD = libweft-trace.la $(JANSSON_LIBS)
