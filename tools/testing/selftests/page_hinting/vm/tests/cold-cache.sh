# SPDX-License-Identifier: GPL-2.0
# tools/mm/page-hinting-cold-cache.sh: a file that nobody reads leaves the page cache,
# and the host, within 90 s; one that is read every ten seconds stays.
set -eu

cold=300 warm=100
trap 'rm -f "$out/cold-cache.img"' EXIT
truncate -s 600M "$out/cold-cache.img"
mke2fs -q -t ext2 -F "$out/cold-cache.img"
SMP=1 MEM=1024 \
	DEVICES="-drive file=$out/cold-cache.img,if=virtio,format=raw,cache=unsafe" \
	clean-guest.sh "$out/cold-cache.console" -r -s "$out/cold-cache.tsv" -t 300 -- \
	cold-cache.sh 1024 $cold $warm
awk -F '\t' -v cold=$cold -v warm=$warm '
	$3 ~ /^@cached/ { split($3, said, " "); before = said[2] / 1024 }
	$3 ~ /^@rested/ {
		split($3, said, " ")
		used = said[2] / 1024
		cached = said[3] / 1024
		left = $9 / 1024
	}
	END {
		printf "%d MiB cached, then %d, of which %d are warm; %d in use, %d resident\n",
		       before, cached, warm, used, left
		exit !(before >= cold + warm && cached >= warm && cached <= warm + cold / 10 &&
		       left <= 1.25 * used + 16)
	}' "$out/cold-cache.tsv"
