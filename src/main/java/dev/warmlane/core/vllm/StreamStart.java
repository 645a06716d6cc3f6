package dev.warmlane.core.vllm;

/**
 * What the first events of a stream say of the rest. Before its first token, an engine sends at most a chat's opening chunk
 * for each choice, which has the role and no text, or the events by which a response with {@linkplain NamedEvent named events}
 * begins.
 */
public enum StreamStart {
    /** Nothing but openings has come, or not yet a whole event. */
    UNDECIDED,
    /** The engine generates, or says something else that the client has to hear. */
    BEGUN,
    /** The engine is shutting down and has aborted the request before its first token: {@link ZeroTokenAbort}. */
    ABORTED;

    private static final KeySearch ROLE = new KeySearch("role");

    /** Judges all that has come of a stream so far. Never throws; what is not understood counts as begun. */
    public static StreamStart of(byte[] stream, int offset, int length) {
        int end = offset + length;
        int from = offset;
        for (int next = nextEvent(stream, from, end); next > from; next = nextEvent(stream, from, end)) {
            StreamStart said = NamedEvent.startsAt(stream, from, next)
                    ? NamedEvent.judge(stream, from, next)
                    : judge(stream, from, next);
            if (said != UNDECIDED) {
                return said;
            }
            from = next;
        }
        return UNDECIDED;
    }

    /** Judges one event of chat or completions. */
    private static StreamStart judge(byte[] stream, int from, int end) {
        if (ZeroTokenAbort.isIn(stream, from, end - from)) {
            return ABORTED;
        }
        boolean opening =
                ROLE.first(stream, from, end) != KeySearch.NONE && ZeroTokenAbort.isWithoutText(stream, from, end);
        return opening ? UNDECIDED : BEGUN;
    }

    /** Where the event after the one at {@code from} starts, or {@code from} if that is not complete. */
    private static int nextEvent(byte[] stream, int from, int end) {
        for (int i = from; i + 1 < end; i++) {
            if (stream[i] == '\n' && stream[i + 1] == '\n') {
                return i + 2;
            }
            if (i + 3 < end && stream[i] == '\r' && stream[i + 1] == '\n' && stream[i + 2] == '\r') {
                return i + 4;
            }
        }
        return from;
    }
}
