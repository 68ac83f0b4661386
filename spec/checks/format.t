#!/bin/sh
# The C sources are formatted as .clang-format says.
echo 1..1
report=$(git ls-files -co --exclude-standard 'src/*.[ch]' 'spec/*.[ch]' |
    xargs clang-format --dry-run --Werror 2>&1) && echo "ok 1 - clang-format" && exit 0
echo "$report" | grep -E 'error|warning' | head -20 | sed 's/^/# /'
echo "not ok 1 - clang-format"
exit 1
