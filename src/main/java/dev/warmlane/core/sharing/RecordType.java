package dev.warmlane.core.sharing;

import org.jspecify.annotations.Nullable;

/**
 * The kinds of records in a message. Replicas of several versions meet, so a code is never used again for something else, and a
 * kind that is added must not use {@link MessageWriter#reference}: who skips it would count references differently.
 */
enum RecordType {
    /** What the sender has in flight at some endpoints of a pool. */
    LOAD(1),
    /** What it has in flight at all of them. */
    WHOLE_LOAD(2),
    BOUND(3),
    UNBOUND(4),
    PLACED(5),
    TRIMMED(6),
    CORRECTED(7),
    EMPTIED(8),
    ASKED(9),
    /** Facts were dropped before they were told: what the sender knows is to be asked for as a whole. */
    INCOMPLETE(10),
    /** Blocks of an endpoint and the one before each, as of {@code PrefixIndex.dump}. */
    DUMP(11),
    /** What a pool's responses have taught. */
    AVERAGES(12),
    /** An endpoint has made a response that it stores. */
    STORED_RESPONSE(13),
    /** A client took something of its limits. */
    TAKEN(14),
    /** The number of the round that ends here, of what clients took: it wants to be confirmed. */
    ROUND(15),
    /** Confirms a round of somebody else's. */
    HEARD(16),
    /** All that is known of what a client took. */
    ACCOUNT(17),
    /** What the sender posts for people to read, as of {@link Replication#post}. */
    BULLETIN(18),
    /** An operator drains an endpoint, or puts it back. */
    DRAINED(19),
    /** How many data-parallel ranks the servers of a pool are known to have. */
    RANKS(20);

    private static final RecordType[] BY_CODE = new RecordType[256];

    static {
        for (RecordType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;

    RecordType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    /** Null for a code of a later version. */
    static @Nullable RecordType of(int code) {
        return BY_CODE[code & 0xff];
    }
}
