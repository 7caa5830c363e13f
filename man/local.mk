# Lines of man: one for each file, see man/, traces/ and examples/ in Makefile.am.
