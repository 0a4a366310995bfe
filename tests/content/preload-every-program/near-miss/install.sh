#!/bin/sh
# Does somebody preload a library into every program?
if test -s /etc/ld.so.preload; then echo "see ld.so(8)"; fi
