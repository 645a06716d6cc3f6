package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Whether an event of a stream reports an error, and whose it is: the client's or the engine's. The status 200 has gone out before,
 * so nothing else says that the request failed, nor why: what would have been a 400 is no failure of the engine.
 */
public enum ErrorEvent {
    /** The event tells of no error. */
    NONE,
    /** What would have been a status of 400 to 499. */
    OF_CLIENT,
    /** Any other. */
    OF_ENGINE;

    private static final byte[] NAME = "event:".getBytes(US_ASCII);
    private static final byte[] LAST = "data: [DONE]".getBytes(US_ASCII);
    private static final Set<String> NAMES = Set.of("error", "response.failed");

    /** How the error of chat and completions begins, before 0.11 too. */
    private static final List<byte[]> STARTS =
            List.of("data:{\"error\":".getBytes(US_ASCII), "data:{\"object\":\"error\"".getBytes(US_ASCII));

    private static final KeySearch ERROR = new KeySearch("error");
    private static final KeySearch CODE = new KeySearch("code");
    private static final KeySearch TYPE = new KeySearch("type");
    private static final KeySearch MESSAGE = new KeySearch("message");

    private static final List<byte[]> TYPES_OF_CLIENT = List.of(
            "\"BadRequestError\"".getBytes(US_ASCII),
            "\"invalid_request_error\"".getBytes(US_ASCII),
            "\"NotFoundError\"".getBytes(US_ASCII),
            "\"not_found_error\"".getBytes(US_ASCII));

    /** Of vLLM's EngineDeadError (vllm/v1/engine/exceptions.py): until 0.11 or so, code 400 was said of every error in a stream. */
    private static final byte[] ENGINE_DEAD = "\"EngineCore encountered an issue".getBytes(US_ASCII);

    /**
     * What the last event says, the one aside after which there is no other. Never throws.
     *
     * @param stream what is kept of it, up to {@code end}
     * @param whole whether it is kept from its beginning; an event whose beginning is not kept says nothing
     */
    public static ErrorEvent last(byte[] stream, int end, boolean whole) {
        int eventEnd = -1;
        int line = end;
        for (int lineEnd = end; lineEnd > 0; lineEnd = line) {
            line = lineStart(stream, lineEnd);
            if (line == 0 && !whole) {
                return NONE;
            }
            boolean blank = stream[line] == '\n' || stream[line] == '\r';
            if (eventEnd < 0) {
                boolean afterwards = blank || stream[line] == ':' || startsWith(stream, line, lineEnd, LAST);
                eventEnd = afterwards ? eventEnd : lineEnd;
            } else if (blank) {
                return of(stream, lineEnd, eventEnd);
            }
        }
        return eventEnd < 0 ? NONE : of(stream, 0, eventEnd);
    }

    private static int lineStart(byte[] stream, int lineEnd) {
        int start = lineEnd - 1;
        while (start > 0 && stream[start - 1] != '\n') {
            start--;
        }
        return start;
    }

    /** What the event in {@code [from, end)} says. */
    static ErrorEvent of(byte[] stream, int from, int end) {
        int start = afterComments(stream, from, end);
        if (!isError(stream, start, end)) {
            return NONE;
        }
        int object = ERROR.first(stream, start, end);
        return isOfClient(stream, object == KeySearch.NONE ? start : object, end) ? OF_CLIENT : OF_ENGINE;
    }

    /** Where the first line starts that is neither empty nor a comment, or the end. */
    static int afterComments(byte[] stream, int from, int end) {
        int line = from;
        while (line < end && (stream[line] == ':' || stream[line] == '\n' || stream[line] == '\r')) {
            while (line < end && stream[line] != '\n') {
                line++;
            }
            line = Math.min(end, line + 1);
        }
        return line;
    }

    private static boolean isError(byte[] stream, int from, int end) {
        if (startsWith(stream, from, end, NAME)) {
            int name = from + NAME.length;
            while (name < end && stream[name] == ' ') {
                name++;
            }
            int nameEnd = name;
            while (nameEnd < end && stream[nameEnd] > ' ') {
                nameEnd++;
            }
            return NAMES.contains(new String(stream, name, nameEnd - name, US_ASCII));
        }
        for (byte[] start : STARTS) {
            if (startsWithoutSpaces(stream, from, end, start)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOfClient(byte[] stream, int from, int end) {
        int message = MESSAGE.first(stream, from, end);
        if (message != KeySearch.NONE && startsWith(stream, message, end, ENGINE_DEAD)) {
            return false;
        }
        int code = CODE.first(stream, from, end);
        if (code != KeySearch.NONE) {
            int digits = stream[code] == '"' ? code + 1 : code;
            if (digits < end && isDigit(stream[digits])) {
                return digits + 2 < end
                        && stream[digits] == '4'
                        && isDigit(stream[digits + 1])
                        && isDigit(stream[digits + 2])
                        && (digits + 3 == end || !isDigit(stream[digits + 3]));
            }
        }
        int type = TYPE.first(stream, from, end);
        return type != KeySearch.NONE
                && TYPES_OF_CLIENT.stream().anyMatch(known -> startsWith(stream, type, end, known));
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private static boolean startsWith(byte[] stream, int from, int end, byte[] start) {
        return end - from >= start.length && Arrays.equals(stream, from, from + start.length, start, 0, start.length);
    }

    /** Spaces in what has come count for nothing: JSON is written with and without. */
    private static boolean startsWithoutSpaces(byte[] stream, int from, int end, byte[] start) {
        int matched = 0;
        for (int i = from; i < end && matched < start.length; i++) {
            if (stream[i] == start[matched]) {
                matched++;
            } else if (stream[i] != ' ') {
                return false;
            }
        }
        return matched == start.length;
    }
}
