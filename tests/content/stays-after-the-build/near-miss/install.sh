#!/bin/sh
echo "add /opt/x/bin to PATH in ~/.bashrc"
grep -q PATH ~/.profile
