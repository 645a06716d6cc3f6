package dev.warmlane.core.log;

/** A number with what it counts, for people: {@code 1 endpoint}, {@code 2 endpoints}. */
public final class Counted {
    private Counted() {}

    /** @param noun whose plural only needs an s, in the singular */
    public static String of(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
