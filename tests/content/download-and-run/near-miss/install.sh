#!/bin/sh
# Fetches the list, sorts it, and shows it: no shell gets it.
curl -fsSL https://get.example.org/list | sort | show
case $1 in curl | sh) echo "names of programs" ;; esac
