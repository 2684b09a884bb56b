# SPDX-License-Identifier: GPL-2.0
# After a job that fragments memory, its cache dropped, little more is resident of a
# guest's RAM than what it has in use, which page reporting does not come near.
#
# alone: it measures, and needs memory
set -eu

density.sh -q footprint &
child=$!
trap 'kill $child; wait $child; exit 130' INT TERM HUP
wait $child || exit $?

awk -F '\t' '
	$1 == "variant" { for (i = 1; i <= NF; i++) column[$i] = i; next }
	column["excess"] { excess[$2] = $column["excess"]; again[$2] = $column["again-MiB"] }
	END {
		printf "resident when idle, by what is in use and 16 MiB: %s, with page reporting %s\n",
		       excess["hinting"], excess["reporting"]
		exit !(excess["hinting"] > 0.5 && excess["hinting"] <= 1.05 &&
		       excess["reporting"] > excess["hinting"])
	}' build/density-quick/footprint.tsv
