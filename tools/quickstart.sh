#!/usr/bin/env bash
# tools/quickstart.sh [MODEL.gguf] [-p TEXT]: installs what is needed, builds the release preset and talks with a model, or has it answer TEXT.
# Without a model it fetches a small one, and where nobody sits at a terminal asks it something. Debian 12, as root or with sudo.
invoked_from=$PWD
. "$(dirname "$0")/lib.sh"

model="" text="" has_text=no
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            say "usage: tools/quickstart.sh [MODEL.gguf] [-p TEXT]"
            exit 0
            ;;
        -p)
            [ $# -ge 2 ] || { say "quickstart.sh: -p needs a text"; exit 2; }
            text=$2 has_text=yes
            shift
            ;;
        -*) say "usage: tools/quickstart.sh [MODEL.gguf] [-p TEXT]"; exit 2 ;;
        *)
            [ -z "$model" ] || { say "quickstart.sh: one model, please"; exit 2; }
            model=$1
            ;;
    esac
    shift
done
case $model in
    "" | /*) ;;
    *) model=$invoked_from/$model ;;
esac
[ -z "$model" ] || [ -r "$model" ] || die "cannot read the file $model"

# shellcheck disable=SC2086  # a list of words
need_packages $build_packages
[ -f build/release/build.ninja ] || step "Configuring (preset release)" cmake --preset release -DPLUME_TESTS=OFF
step "Building build/release/bin/plume" cmake --build build/release --target bin/plume

if [ -n "$model" ]; then
    [ $has_text = yes ] && exec build/release/bin/plume run "$model" -p "$text" -n 200
    [ -t 0 ] && exec build/release/bin/plume run "$model"   # a talk, where the model has a chat template
    exec build/release/bin/plume run "$model" -p "Once upon a time" -n 200
fi

model=$(tools/get_model.sh smollm2) || exit 1
# A model this small tends to repeat itself.
if [ $has_text = no ] && [ -t 0 ]; then
    say
    exec build/release/bin/plume chat "$model" --repeat-penalty 1.1 -n 500
fi
# Without chance, so that everybody sees the same answer.
how=(--temp 0)
if [ $has_text = yes ]; then how+=(--repeat-penalty 1.1); else text="What should I bring to a business meeting with a new customer? Give three short tips."; fi
say "Question: $text"
say
exec build/release/bin/plume run "$model" -p "$text" -n 300 "${how[@]}"
