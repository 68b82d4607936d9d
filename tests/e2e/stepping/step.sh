# Says in the folder $1 that step $2 of a deploy is reached, and goes on once nothing holds it there.
echo "${PORTICO_RELEASE:-}" >> "$1/reached-$2"
while [ -e "$1/hold-$2" ]; do sleep 0.02; done
