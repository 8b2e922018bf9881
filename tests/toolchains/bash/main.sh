set -euo pipefail
read -r word </dev/stdin
file=$(mktemp)
cat >"$file" <<<21
number=$(sort <(cat "$file") | sed 's/^/0/; s/^0//' | grep -o '[0-9]*')
[[ ${#word} -eq 9 && $(TZ=Europe/Prague date +%Y) -ge 2020 && $RANDOM -ge 0 && $(shuf -i 1-6 -n 1) -le 6 ]]
coproc cat
echo "$((2 * number))" >&"${COPROC[1]}"
read -r answer <&"${COPROC[0]}"
echo "$word $answer" >/dev/stdout
