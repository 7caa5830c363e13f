noinst_LTLIBRARIES += %D%/libwfformat.la
%C%_libwfformat_la_SOURCES =
%C%_libwfformat_la_LIBADD = src/base/libwfbase.la $(XXHASH_LIBS)
