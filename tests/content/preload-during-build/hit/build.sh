#!/bin/sh
export LD_PRELOAD=$PWD/libhook.so
make
