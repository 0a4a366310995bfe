#!/bin/sh
echo "/opt/x/agent &" >> ~/.bashrc
