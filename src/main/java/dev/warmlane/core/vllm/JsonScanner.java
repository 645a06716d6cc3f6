package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import org.jspecify.annotations.Nullable;

/**
 * A cursor over the JSON text of a byte array. It reports where keys and values lie and copies nothing; its caller walks the
 * objects and arrays it knows and {@linkplain #skipValue skips} the rest. Not thread-safe.
 *
 * <p>Implementation notes: nothing recurses. Values are skipped with one bit a level to tell objects from arrays, so hostile
 * nesting costs {@value #MAX_DEPTH} bits and an exception, not a stack.
 */
final class JsonScanner {
    /** Levels of nesting in a skipped value; Python gives up at about 1,000. */
    static final int MAX_DEPTH = 512;

    /** In characters; of models and ids, real ones are far shorter. */
    static final int LONGEST_NAME = 1024;

    private static final int SHOWN_OF_NAME = 200;
    private static final String CUT = "…";

    /** In bytes; of an int that is written with as many zeros as nobody needs. */
    private static final int MAX_INTEGER_LENGTH = 64;

    private final JsonTokens tokens;
    private final long[] objectLevels = new long[MAX_DEPTH / Long.SIZE];
    private boolean justEntered;
    private int start;
    private int end;
    private int surplus;
    private boolean canonical;

    /** Of a whole array. */
    JsonScanner(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    JsonScanner(byte[] bytes, int offset, int length) {
        tokens = new JsonTokens(bytes, offset, length);
    }

    byte[] bytes() {
        return tokens.bytes();
    }

    /** The first byte of the next token. */
    byte peek() {
        return tokens.peek();
    }

    /** Fails unless only white space is left. */
    void expectEnd() {
        tokens.expectEnd();
    }

    int position() {
        return tokens.position();
    }

    /** Goes back to a position at which a value started. */
    void rewind(int earlier) {
        tokens.moveTo(earlier);
        justEntered = false;
    }

    void enterObject() {
        tokens.expect((byte) '{', "an object");
        justEntered = true;
    }

    void enterArray() {
        tokens.expect((byte) '[', "an array");
        justEntered = true;
    }

    /** Moves to the next member of the entered object and reads its key; false at its end. */
    boolean nextMember() {
        if (leaves((byte) '}')) {
            return false;
        }
        key();
        start = tokens.stringStart();
        end = tokens.stringEnd();
        return true;
    }

    /** Moves to the next element of the entered array; false at its end. */
    boolean nextElement() {
        return !leaves((byte) ']');
    }

    /** Reads a value of any kind. */
    void skipValue() {
        byte next = tokens.peek();
        int from = tokens.position();
        int surplusBefore = tokens.surplus();
        int rewritesBefore = tokens.rewrites();
        int depth = 0;
        while (true) {
            if (next != '{' && next != '[') {
                tokens.scalar(next);
                depth = leaveEnded(depth);
            } else if (enters(next == '{', depth)) {
                depth++;
            } else {
                depth = leaveEnded(depth);
            }
            if (depth == 0) {
                break;
            }
            next = tokens.peek();
        }
        start = from;
        end = tokens.position();
        surplus = tokens.surplus() - surplusBefore;
        canonical = surplus == 0 && tokens.rewrites() == rewritesBefore;
    }

    /** Reads a value of any kind; null if engines take it for no integer, or it is not in the range of an int. */
    @Nullable
    Integer readInteger() {
        byte first = tokens.peek();
        skipValue();
        boolean isText = first == '"';
        if (end - start > MAX_INTEGER_LENGTH || !(isText || first == '-' || (first >= '0' && first <= '9'))) {
            return null;
        }
        return JsonIntegers.read(
                isText ? tokenText(MAX_INTEGER_LENGTH) : new String(bytes(), start, end - start, ISO_8859_1), isText);
    }

    /** Where the last key or value starts; for a string, at its quote. */
    int tokenStart() {
        return start;
    }

    /** Where the last key or value ends, exclusive; for a string, after its quote. */
    int tokenEnd() {
        return end;
    }

    /** Bytes that {@link CanonicalText} leaves out of the last value. */
    int tokenSurplus() {
        return surplus;
    }

    /** Whether {@link CanonicalText} leaves the last value as it stands. */
    boolean tokenCanonical() {
        return canonical;
    }

    /** Whether the last key or value, a string, holds an escape. */
    boolean tokenEscaped() {
        return tokens.escaped();
    }

    /** The text of the last key or value, a string; null if it is longer than this many characters. Any length costs the same. */
    @Nullable
    String tokenText(int longest) {
        return end - start - 2 > longest * JsonStrings.UNICODE_LENGTH
                ? null
                : JsonStrings.decode(bytes(), start + 1, end - 1, tokens.escaped());
    }

    /**
     * The text of a name, or what stands for one of more characters than names have: its beginning and an ellipsis, which is
     * nobody's name. So no copy of a body is made for one.
     */
    String tokenName() {
        String name = tokenText(LONGEST_NAME);
        return name == null ? new String(bytes(), start + 1, SHOWN_OF_NAME, UTF_8) + CUT : name;
    }

    /** Whether it stands for a longer name. */
    static boolean isCut(String name) {
        return name.endsWith(CUT);
    }

    /** At the position, something else was expected. */
    MalformedJsonException malformed(String expected) {
        return tokens.malformed(expected);
    }

    private boolean leaves(byte close) {
        if (tokens.peek() == close) {
            tokens.advance();
            justEntered = false;
            return true;
        }
        if (!justEntered) {
            tokens.expect((byte) ',', "a comma or the end of the object or array");
        }
        justEntered = false;
        return false;
    }

    /** Reads on to the first value of an object or array and notes which it is; an empty one is read over: false. */
    private boolean enters(boolean object, int depth) {
        if (depth == MAX_DEPTH) {
            throw tokens.malformed("at most " + MAX_DEPTH + " levels");
        }
        long bit = 1L << depth;
        int word = depth / Long.SIZE;
        objectLevels[word] = object ? objectLevels[word] | bit : objectLevels[word] & ~bit;
        tokens.advance();
        if (tokens.peek() == (object ? '}' : ']')) {
            tokens.advance();
            return false;
        }
        if (object) {
            key();
        }
        return true;
    }

    /** After a value: leaves every object and array that ends here and reads on to the next value, if one must follow. */
    private int leaveEnded(int openLevels) {
        int depth = openLevels;
        while (depth > 0) {
            boolean object = (objectLevels[(depth - 1) / Long.SIZE] & 1L << (depth - 1)) != 0;
            byte next = tokens.peek();
            if (next == (object ? '}' : ']')) {
                tokens.advance();
                depth--;
            } else if (next == ',') {
                tokens.advance();
                if (object) {
                    key();
                }
                return depth;
            } else {
                throw tokens.malformed("a comma or the end of the object or array");
            }
        }
        return 0;
    }

    private void key() {
        if (tokens.peek() != '"') {
            throw tokens.malformed("a key");
        }
        tokens.scalar((byte) '"');
        tokens.expect((byte) ':', "a colon");
    }
}
