package dev.warmlane.core.prefix;

import org.jspecify.annotations.Nullable;

/**
 * The beginning of a prompt: how often it comes, whether enough sessions have sent it to be {@linkplain SharedPrompts kept}, and what
 * has an engine compute it if it is. Guarded by the forecast's lock, but for what does not change.
 */
public final class PromptBeginning {
    /** What comes less often than four times an hour is left to those who ask for it. */
    private static final double WORTH_WARMING_PER_SECOND = 1 / 900.0;

    /** Of one without a request, about. */
    private static final int BYTES = 500;

    /** Each of the first so many uses asks for a request, which is kept if others have sent the same bytes. */
    private static final int FIRST_TRIES = 32;

    /** Later one use in so many does: making a request reads the whole body, in vain where each client writes its bodies in its own way. */
    private static final int USES_A_TRY = 64;

    private final UseForecast forecast;
    private final UseForecast.Uses uses;
    private final @Nullable PrefixCall request;
    private final boolean closed;
    private final long head;

    /** Those that have sent it, no more than need be; null once they are enough. */
    private long @Nullable [] sessions;

    private long address;
    private boolean severalAddresses;
    private long lastSession;
    private int tries;

    /**
     * One that nobody has sent yet.
     *
     * @param leastSessions that are enough
     * @param head as of {@link #head}
     */
    PromptBeginning(UseForecast forecast, int leastSessions, long head) {
        this.forecast = forecast;
        this.head = head;
        this.uses = new UseForecast.Uses();
        this.request = null;
        this.closed = false;
        this.sessions = new long[leastSessions];
    }

    /** @param request null: there will be none */
    PromptBeginning(PromptBeginning before, @Nullable PrefixCall request) {
        this.forecast = before.forecast;
        this.uses = before.uses;
        this.head = before.head;
        this.request = request;
        this.closed = request == null;
        this.lastSession = before.lastSession;
    }

    /**
     * Who sends a prompt, as hashes.
     *
     * @param session whatever tells sessions apart; 0 where nothing does: then it shares nothing
     * @param address of the client; 0 where that tells nothing. Where addresses do, sessions of a single one share nothing
     */
    public record Sender(long session, long address) {}

    /**
     * What has an engine compute a beginning.
     *
     * @param path of the request
     * @param body of it; not to be changed
     * @param prompt the full blocks of the beginning
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    public record PrefixCall(String path, byte[] body, PromptBlocks prompt) {}

    /**
     * A beginning that several sessions share, as it was when asked for.
     *
     * @param hash of its messages
     * @param call has an engine compute it
     * @param perSecond how often another session than the one before is expected to send it
     * @param ownPerSecond of these, how often without going on as a longer one that is kept
     * @param lastSession who sent it last; 0 where nothing told
     */
    public record Shared(long hash, PrefixCall call, double perSecond, double ownPerSecond, long lastSession) {
        /** Bytes a second that holding it is expected to save. */
        public double worth() {
            return perSecond * call.prompt().bytes();
        }

        Shared without(double longerPerSecond) {
            return new Shared(hash, call, perSecond, Math.max(0, perSecond - longerPerSecond), lastSession);
        }
    }

    /** The hash of the beginning that ends a message earlier; 0: none. */
    long head() {
        return head;
    }

    /** Whether it has a request. */
    boolean isKept() {
        return request != null;
    }

    /** Whether a request may be kept. */
    boolean isOpen() {
        return request == null && !closed;
    }

    /** Bytes that it takes, about; as many whether its sessions are still noted or not. */
    int weight(int leastSessions) {
        return BYTES
                + leastSessions * Long.BYTES
                + (request == null ? 0 : request.body.length + request.prompt.length() * Long.BYTES);
    }

    /** Null if nothing is kept, or it is not expected before long. */
    @Nullable
    Shared shared(long hash, double nowSeconds) {
        synchronized (forecast) {
            double perSecond = request == null ? 0 : forecast.perSecond(uses, nowSeconds);
            return request == null || perSecond < WORTH_WARMING_PER_SECOND
                    ? null
                    : new Shared(hash, request, perSecond, perSecond, lastSession);
        }
    }

    /** Whether a request may be kept, and it is worth making one now. */
    boolean takesTurn() {
        return sessions == null && isOpen() && (tries++ < FIRST_TRIES || tries % USES_A_TRY == 0);
    }

    /** Notes a use. Returns whether enough have sent it. */
    boolean used(Sender sender, double nowSeconds) {
        // The next turn of a session finds what its last one left.
        if (sender.session == 0 || sender.session != lastSession) {
            forecast.used(uses, nowSeconds);
        }
        lastSession = sender.session;
        long[] sent = sessions;
        if (sent != null && sender.session != 0) {
            note(sent, sender);
        }
        return sessions == null;
    }

    private void note(long[] sent, Sender sender) {
        boolean isFirst = sent[0] == 0;
        severalAddresses |= sender.address == 0 || (!isFirst && sender.address != address);
        address = sender.address;
        int known = 0;
        while (known < sent.length && sent[known] != 0 && sent[known] != sender.session) {
            known++;
        }
        if (known < sent.length) {
            sent[known] = sender.session;
        }
        if (severalAddresses && sent[sent.length - 1] != 0) {
            sessions = null;
        }
    }
}
