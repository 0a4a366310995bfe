#!/bin/sh
unset LD_PRELOAD
LD_PRELOAD=libfaketime.so.1 date
