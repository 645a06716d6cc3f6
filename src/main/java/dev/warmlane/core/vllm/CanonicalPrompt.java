package dev.warmlane.core.vllm;

import com.dynatrace.hash4j.hashing.HashStream64;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.warmlane.core.vllm.EngineVersion.StrippedText;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What of a request enters the engine's prompt, in the order in which it does, as one sequence of bytes: model, cache salt,
 * tools, system prompt, then each message's role, content and calls, or the plain prompt. Two requests whose sequences start
 * alike can share KV blocks; what else they say, how keys are ordered, where white space stands and what the client escapes makes
 * no difference ({@link CanonicalText}).
 *
 * <p>Strings stand as most bodies have them, with quotes and escapes, which saves decoding them. An image, a sound or a video
 * stands as its digest, {@value #MEDIA_BYTES} bytes long: about the 500 tokens of a middling image, where the URL or the base64
 * text says nothing about the tokens. What engines take out of a prompt is left out of it ({@link StrippedText}).
 *
 * <p>Refers to the request's body, which must not change as long as this is used. Otherwise immutable.
 */
public final class CanonicalPrompt {
    static final int MEDIA_BYTES = 2048;
    static final CanonicalPrompt EMPTY = new CanonicalPrompt(new byte[0], new int[0]);

    /**
     * Four ints a span: kind, start and end (offsets in the body), bytes it gives the prompt. Kinds from {@link #STRIPPED} on are
     * values that engines of some releases leave out, one for each {@link StrippedText}.
     */
    static final int FIELDS = 4;

    static final int TAG = 0;
    /** What stands in the body as it enters the prompt. */
    static final int VALUE = 1;

    /** What does not: a value, and a string or a part of one. */
    static final int REWRITTEN_VALUE = 2;

    static final int REWRITTEN_STRING = 3;
    static final int MEDIA = 4;
    static final int STRIPPED = 5;

    private static final StrippedText[] STRIPPED_TEXTS = StrippedText.values();
    private static final byte[] TAGS = PromptTag.bytes();
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] body;
    private final int[] spans;
    private final long length;

    /** @param spans as {@link #FIELDS} says */
    CanonicalPrompt(byte[] body, int[] spans) {
        this.body = body;
        this.spans = spans;
        long sum = 0;
        for (int i = 0; i < spans.length; i += FIELDS) {
            sum += spans[i + 3];
        }
        this.length = sum;
    }

    /** Length of the sequence in bytes, with what engines take out. */
    public long length() {
        return length;
    }

    /**
     * Passes the sequence to the sink, on this thread. May be called again.
     *
     * @param engine the release that will read it; null: unknown, so the newest
     */
    public void writeTo(PromptSink sink, @Nullable EngineVersion engine) {
        for (int i = 0; i < spans.length; i += FIELDS) {
            write(i, sink, engine);
        }
    }

    private void write(int span, PromptSink sink, @Nullable EngineVersion engine) {
        int start = spans[span + 1];
        int end = spans[span + 2];
        switch (spans[span]) {
            case TAG -> sink.accept(TAGS, start, 1);
            case VALUE -> sink.accept(body, start, end - start);
            case REWRITTEN_VALUE -> new CanonicalText(body, sink).value(start, end);
            case REWRITTEN_STRING -> new CanonicalText(body, sink).string(start, end);
            case MEDIA -> writeDigest(start, end, sink);
            default -> {
                if (!STRIPPED_TEXTS[spans[span] - STRIPPED].strippedBy(engine)) {
                    new CanonicalText(body, sink).string(start, end);
                }
            }
        }
    }

    /**
     * Where what comes before the messages ends, if that is more than model and salt, and where the first messages do; none after
     * an image or what some engines take out: so where hashes are equal, all up to there is.
     *
     * @param most ends at most
     * @param mostBytes none that ends later
     */
    public MessageEnds messageEnds(int most, int mostBytes) {
        MessageEnds ends = new MessageEnds(most);
        HashStream64 stream = Hashing.xxh3_64().hashStream();
        long bytes = 0;
        int messages = -1;
        boolean hasHead = false;
        for (int i = 0; i < spans.length && ends.count < most; i += FIELDS) {
            if (spans[i] == TAG) {
                int tag = spans[i + 1];
                if (tag == PromptTag.MESSAGE.code()) {
                    messages++;
                    if (messages > 0 || hasHead) {
                        ends.add(messages, stream.getAsLong(), (int) bytes);
                    }
                }
                hasHead |= tag == PromptTag.TOOLS.code() || tag == PromptTag.SYSTEM.code();
            } else if (spans[i] >= MEDIA || spans[i + 3] > mostBytes - bytes) {
                return ends;
            }
            write(i, stream::putBytes, null);
            bytes += spans[i + 3];
        }
        if (messages >= 0 && ends.count < most) {
            ends.add(messages + 1, stream.getAsLong(), (int) bytes);
        }
        return ends;
    }

    private void writeDigest(int start, int end, PromptSink sink) {
        HashStream64 stream = Hashing.xxh3_64().hashStream();
        new CanonicalText(body, stream::putBytes).value(start, end);
        long digest = stream.getAsLong();
        byte[] bytes = new byte[MEDIA_BYTES];
        for (int i = 0; i < MEDIA_BYTES; i += Long.BYTES) {
            WORDS.set(bytes, i, digest);
        }
        sink.accept(bytes, 0, MEDIA_BYTES);
    }

    /** Ends of what comes before the messages, and of the first messages: what all up to there hashes to, and its bytes. */
    public static final class MessageEnds {
        private final long[] hashes;
        private final int[] messages;
        private final int[] bytes;
        private int count;

        private MessageEnds(int most) {
            hashes = new long[most];
            messages = new int[most];
            bytes = new int[most];
        }

        /** How many there are. */
        public int count() {
            return count;
        }

        /** Of all that is up to each end, the shortest first. */
        public long[] hashes() {
            return Arrays.copyOf(hashes, count);
        }

        /** Bytes up to each end. */
        public int[] bytes() {
            return Arrays.copyOf(bytes, count);
        }

        /** Of all that is up to this end, in [0, {@link #count}). */
        public long hash(int index) {
            return hashes[index];
        }

        /** How many messages end up to there, in order from 0. */
        public int messages(int index) {
            return messages[index];
        }

        private void add(int number, long hash, int end) {
            hashes[count] = hash;
            messages[count] = number;
            bytes[count++] = end;
        }
    }

    /**
     * The bytes between the values of a canonical prompt, in the order in which members of one JSON object enter it. They are
     * below 32, where no JSON value starts, so different prompts never become the same bytes.
     */
    enum PromptTag {
        MODEL,
        CACHE_SALT,
        TOOLS,
        SYSTEM,
        PREVIOUS_RESPONSE,
        PROMPT,
        MESSAGE,
        ROLE,
        CONTENT,
        NAME,
        TOOL_CALLS,
        TOOL_CALL_ID,
        ARGUMENTS,
        SUMMARY,
        PART_MEMBER,
        NESTED_CONTENT,
        NESTED_CONTENT_END,
        MEDIA;

        static final int CODES = values().length;

        @SuppressWarnings("EnumOrdinal") // Replicas share it in their hashes: a new tag goes to the end.
        int code() {
            return ordinal();
        }

        /** The byte of each tag at its own place. */
        static byte[] bytes() {
            byte[] bytes = new byte[CODES];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) i;
            }
            return bytes;
        }
    }
}
