package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the texts of a field of a multipart form (RFC 7578) where they lie in the body: files are read over and nothing is copied.
 * Immutable as long as the body is not changed.
 */
public final class MultipartForm {
    private static final byte[] LINE_END = {'\r', '\n'};
    private static final int LONGEST_HEADERS = 8192;
    private static final byte[] LAST = {'-', '-'};
    private static final String DISPOSITION = "content-disposition:";

    private final byte[] body;
    private final byte[] delimiter;
    private final List<Field> fields = new ArrayList<>(1);
    private boolean plain;

    private record Field(int start, int end) {}

    /**
     * Looks for the fields of a name. What is no form has none.
     *
     * @param boundary as the content type says
     */
    public MultipartForm(byte[] body, String boundary, String name) {
        this.body = body;
        this.delimiter = ("\r\n--" + boundary).getBytes(ISO_8859_1);
        Search search = new Search(delimiter);
        // The first may stand at the very beginning.
        boolean begins = startsWith(0, Arrays.copyOfRange(delimiter, LINE_END.length, delimiter.length));
        this.plain = begins;
        int at = begins ? -LINE_END.length : next(search, 0);
        while (at != Search.NONE) {
            int headers = lineAfter(at + delimiter.length);
            int next = headers < 0 ? Search.NONE : next(search, headers - LINE_END.length);
            if (next != Search.NONE) {
                read(headers, next, name);
            }
            at = next;
        }
    }

    /** The next delimiter; what only begins like one is part of a text. */
    private int next(Search search, int from) {
        int at = search.in(body, from);
        while (at != Search.NONE && !startsWith(at + delimiter.length, LAST) && lineAfter(at + delimiter.length) < 0) {
            at = search.in(body, at + delimiter.length);
        }
        return at;
    }

    /**
     * Whether all of it is spelled so that every reader finds the same fields: vLLM's takes the last of a name, and parts for fields that are
     * none here.
     */
    public boolean isPlain() {
        return plain;
    }

    /** How many fields have the name. */
    public int size() {
        return fields.size();
    }

    /** The text of the first; what is longer is cut there. */
    public String text(int longestBytes) {
        Field first = fields.get(0);
        return new String(body, first.start(), Math.min(longestBytes, first.end() - first.start()), UTF_8);
    }

    /** The body with another text in the place of the first. */
    public byte[] with(String text) {
        Field first = fields.get(0);
        byte[] other = text.getBytes(UTF_8);
        byte[] result = new byte[body.length - (first.end() - first.start()) + other.length];
        System.arraycopy(body, 0, result, 0, first.start());
        System.arraycopy(other, 0, result, first.start(), other.length);
        System.arraycopy(body, first.end(), result, first.start() + other.length, body.length - first.end());
        return result;
    }

    private void read(int headers, int end, String name) {
        int most = Math.min(end, headers + LONGEST_HEADERS);
        int empty = headers;
        while (empty + 4 <= most && !(startsWith(empty, LINE_END) && startsWith(empty + LINE_END.length, LINE_END))) {
            empty++;
        }
        Map<String, String> said =
                empty + 4 > most ? null : disposition(new String(body, headers, empty - headers, ISO_8859_1));
        if (said == null) {
            plain = false;
        } else if (name.equals(said.get("name")) && !said.containsKey("filename") && !said.containsKey("filename*")) {
            fields.add(new Field(empty + 2 * LINE_END.length, end));
        }
    }

    /** What the one Content-Disposition of these lines says; null if there is not one, or it is not plain. */
    private static @Nullable Map<String, String> disposition(String headers) {
        Map<String, String> said = null;
        for (String line : headers.split("\r\n", -1)) {
            boolean disposes = line.regionMatches(true, 0, DISPOSITION, 0, DISPOSITION.length());
            Map<String, String> parameters = disposes
                    ? HeaderParameters.of(line.substring(DISPOSITION.length()).strip(), "form-data")
                    : null;
            if (line.indexOf(':') <= 0 || line.charAt(0) <= ' ' || (disposes && (parameters == null || said != null))) {
                return null;
            }
            said = disposes ? parameters : said;
        }
        return said;
    }

    /** Where the next line starts; negative where the form ends here, or the line holds more than white space. */
    private int lineAfter(int from) {
        int i = from;
        while (i < body.length && (body[i] == ' ' || body[i] == '\t')) {
            i++;
        }
        if (i > from) {
            // Padding to some, and the text of the part before to others.
            plain = false;
        }
        return startsWith(i, LINE_END) ? i + LINE_END.length : -1;
    }

    private boolean startsWith(int at, byte[] text) {
        return at + text.length <= body.length && Arrays.equals(body, at, at + text.length, text, 0, text.length);
    }

    /**
     * R. N. Horspool's search ("Practical fast searching in strings", 1980). The text starts with a byte that comes in it only once,
     * so whatever the body is, no byte is compared often.
     */
    private static final class Search {
        static final int NONE = Integer.MIN_VALUE;

        private final byte[] text;
        private final int[] shifts = new int[256];

        Search(byte[] text) {
            this.text = text;
            Arrays.fill(shifts, text.length);
            for (int i = 0; i < text.length - 1; i++) {
                shifts[text[i] & 0xff] = text.length - 1 - i;
            }
        }

        int in(byte[] body, int from) {
            int i = from;
            while (i <= body.length - text.length) {
                if (body[i] == text[0] && Arrays.equals(body, i, i + text.length, text, 0, text.length)) {
                    return i;
                }
                i += shifts[body[i + text.length - 1] & 0xff];
            }
            return NONE;
        }
    }
}
