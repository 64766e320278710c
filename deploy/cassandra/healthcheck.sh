# Healthy: an OPTIONS frame of the native protocol (v4, opcode 5, empty body) is answered, which a node does once it serves.
# cqlsh would start a Python each time.
export LC_ALL=C # the answer begins with a byte that is no character
exec 3<>/dev/tcp/127.0.0.1/9042 || exit 1
printf '\x04\x00\x00\x00\x05\x00\x00\x00\x00' >&3
read -r -t 5 -n 1 -u 3 answer || [[ -n $answer ]]
