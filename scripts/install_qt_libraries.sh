#!/bin/sh
# Install the system libraries that Qt needs on Debian and Ubuntu; where the user is not root, print the command.
[ "$(uname -s)" = Linux ] || exit 0
missing=""
for pair in libEGL.so.1:libegl1 libGL.so.1:libgl1 libxkbcommon.so.0:libxkbcommon0 libdbus-1.so.3:libdbus-1-3 \
    libxcb-cursor.so.0:libxcb-cursor0 libxkbcommon-x11.so.0:libxkbcommon-x11-0 libxcb-icccm.so.4:libxcb-icccm4 \
    libxcb-keysyms.so.1:libxcb-keysyms1 libxcb-shape.so.0:libxcb-shape0 libfontconfig.so.1:libfontconfig1; do
    /sbin/ldconfig -p 2>/dev/null | grep -q "${pair%%:*}" || missing="$missing ${pair##*:}"
done
[ -z "$missing" ] && exit 0
command="apt-get update && apt-get install --yes --no-install-recommends$missing"
if ! command -v apt-get >/dev/null; then
    echo "The desktop app needs these libraries (Debian's names):$missing. The command line works without them."
elif [ "$(id -u)" = 0 ]; then
    echo "Installing the system libraries that Qt needs:$missing"
    sh -c "$command" >/dev/null || echo "They could not be installed. The command line works without them."
else
    echo "The desktop app needs some system libraries. Install them with: sudo sh -c '$command'"
fi
exit 0
