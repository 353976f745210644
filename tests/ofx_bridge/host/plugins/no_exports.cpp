extern "C" int nothing_to_see_here() {
    return 0;
}
