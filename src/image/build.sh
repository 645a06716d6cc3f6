#!/bin/sh
# Lays out the directory that the image runs from: build.sh <warmlane.jar> <directory>
#
#   lib/  warmlane.jar  bin/warmlane     and warmlane.aot, once train.sh has made it
set -eu

jar=$1
home=$2
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

"$java" -Djarmode=tools -jar "$jar" extract --destination "$home" --application-filename warmlane.jar
mkdir -p "$home/bin"
cp "$(dirname "$0")/warmlane" "$home/bin/"
chmod 755 "$home/bin/warmlane"
# The cache is bound to the jars by their times, so these must not depend on when the image was built or how it was copied.
find "$home" -exec touch -t 202001010000 {} +
