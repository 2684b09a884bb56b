# SPDX-License-Identifier: GPL-2.0
# Memory that is freed in pieces comes back when the guest idles: all of it where
# compaction makes it whole, and without it what is free in blocks of 64 KiB and more.
# When it is back no pass runs any more.
set -eu

# usage: pieces COMPACT KIB
pieces()
{
	SMP=1 MEM=1024 clean-guest.sh "$out/pieces.console" -r -s "$out/pieces.tsv" -t 300 -- \
		pieces.sh "$1" "$2" 1024
	awk -F '\t' -v compact="$1" -v kib="$2" '
		$9 > top { top = $9 }
		$3 ~ /^@left/ {
			split($3, said, " ")
			left = $9
			ended = 1
		}
		END {
			most = 1.05 * said[2] + 16 * 1024 + (compact ? 0 : said[3])
			printf "a page of %d KiB stays, %s: %d MiB resident of %d, %d in use, %d free in less than 64 KiB; %d passes in 5 s\n",
			       kib, compact ? "compacted" : "as it is", left / 1024, top / 1024,
			       said[2] / 1024, said[3] / 1024, said[4]
			exit !(ended && top >= 512 * 1024 && left <= most && !said[4])
		}' "$out/pieces.tsv"
}

pieces 0 256
pieces 1 256
pieces 1 1024
