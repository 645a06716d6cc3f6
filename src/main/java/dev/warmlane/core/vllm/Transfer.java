package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmlane.core.vllm.GenerationRequest.Splice;
import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the response of a prefill leg says: where the KV blocks are, which the decode leg has verbatim, and what the prompt took, which
 * its own response does not know. Immutable.
 */
public final class Transfer {
    private static final FieldNames<Field> FIELDS = new FieldNames<>(Field.values());
    private static final FieldNames<Count> COUNTS = new FieldNames<>(Count.values());
    private static final FieldNames<Details> DETAILS = new FieldNames<>(Details.values());
    private static final KeySearch USAGE = new KeySearch("usage");
    private static final int MAX_DIGITS = 10;

    private final byte[] params;
    private final @Nullable Usage usage;
    private final Map<Count, String> counts;

    private enum Field {
        KV_TRANSFER_PARAMS,
        USAGE
    }

    /** Of the members of a usage object, those that whoever computes the prompt knows. */
    private enum Count {
        CACHED_TOKENS,
        CREATED_CACHE_TOKENS,
        INPUT_TOKENS,
        CACHE_READ_INPUT_TOKENS,
        CACHE_CREATION_INPUT_TOKENS
    }

    private enum Details {
        PROMPT_TOKENS_DETAILS,
        INPUT_TOKENS_DETAILS
    }

    private Transfer(byte[] params, @Nullable Usage usage, Map<Count, String> counts) {
        this.params = params;
        this.usage = usage;
        this.counts = counts;
    }

    /** What a response says; null if it names no transfer. Never throws. */
    public static @Nullable Transfer of(byte[] response) {
        byte[] params = null;
        Map<Count, String> counts = new EnumMap<>(Count.class);
        try {
            JsonScanner scanner = new JsonScanner(response);
            scanner.enterObject();
            while (scanner.nextMember()) {
                Field field = FIELDS.find(scanner);
                byte first = scanner.peek();
                if (field == Field.USAGE && first == '{') {
                    visit(scanner, (count, start, end) -> counts.put(count, text(response, start, end)));
                    continue;
                }
                scanner.skipValue();
                if (field == Field.KV_TRANSFER_PARAMS && first == '{') {
                    params = Arrays.copyOfRange(response, scanner.tokenStart(), scanner.tokenEnd());
                }
            }
        } catch (MalformedJsonException garbage) {
            return null;
        }
        return params == null ? null : new Transfer(params, Usage.lastIn(response, 0, response.length), counts);
    }

    /** The JSON object that the decode leg has. */
    byte[] params() {
        return params;
    }

    /** What the prefill leg took; null where it does not say. */
    public @Nullable Usage usage() {
        return usage;
    }

    /** A request for nothing that lets the prefill endpoint have its blocks back, for the path of completions. */
    public byte[] release(@Nullable String model) {
        String head = (model == null ? "{" : "{\"model\":" + JsonStrings.quote(model) + ",")
                + "\"prompt\":\"-\",\"max_tokens\":1,\"kv_transfer_params\":";
        byte[] start = head.getBytes(UTF_8);
        byte[] request = Arrays.copyOf(start, start.length + params.length + 1);
        System.arraycopy(params, 0, request, start.length, params.length);
        request[request.length - 1] = '}';
        return request;
    }

    /**
     * A part of the decode leg's response with this prompt's counts in each usage object that is whole, so that usage is that of one
     * engine.
     *
     * @param padded whether the length must stay: then shorter numbers get spaces before them, and a longer one stays wrong
     * @return the same array where there is nothing to correct
     */
    public byte[] correct(byte[] part, boolean padded) {
        byte[] corrected = part;
        int from = 0;
        while (true) {
            int value = USAGE.first(corrected, from, corrected.length);
            if (value == KeySearch.NONE) {
                return corrected;
            }
            if (corrected[value] == '{') {
                corrected = correctAt(corrected, value, padded);
            }
            from = value + 1;
        }
    }

    private byte[] correctAt(byte[] part, int value, boolean padded) {
        List<Splice> splices = new ArrayList<>(2);
        Set<Count> there = EnumSet.noneOf(Count.class);
        try {
            visit(new JsonScanner(part, value, part.length - value), (count, start, end) -> there.add(count));
            visit(new JsonScanner(part, value, part.length - value), (count, start, end) -> {
                String right = counts.get(count);
                // Old releases leave the details out where nothing was cached.
                String number = right == null && count == Count.CACHED_TOKENS ? "0" : right;
                // Without the cached ones beside them, as where a stream of messages starts, they are all that there
                // are.
                boolean all = count == Count.INPUT_TOKENS && !there.contains(Count.CACHE_READ_INPUT_TOKENS);
                if (number != null && !all && !(padded && number.length() > end - start)) {
                    splices.add(new Splice(
                            start, end, padded ? " ".repeat(end - start - number.length()) + number : number));
                }
            });
        } catch (MalformedJsonException cut) {
            return part;
        }
        byte[] corrected = part;
        for (int i = splices.size() - 1; i >= 0; i--) {
            corrected = splices.get(i).applyTo(corrected);
        }
        return corrected;
    }

    private interface Visitor {
        void count(Count count, int start, int end);
    }

    private static void visit(JsonScanner scanner, Visitor visitor) {
        scanner.enterObject();
        while (scanner.nextMember()) {
            boolean details = DETAILS.find(scanner) != null;
            Count count = COUNTS.find(scanner);
            byte first = scanner.peek();
            if (details && first == '{') {
                scanner.enterObject();
                while (scanner.nextMember()) {
                    visitNumber(scanner, COUNTS.find(scanner), visitor);
                }
            } else {
                visitNumber(scanner, count, visitor);
            }
        }
    }

    private static void visitNumber(JsonScanner scanner, @Nullable Count count, Visitor visitor) {
        byte first = scanner.peek();
        scanner.skipValue();
        boolean number = first >= '0' && first <= '9' && scanner.tokenEnd() - scanner.tokenStart() <= MAX_DIGITS;
        if (count != null && number) {
            visitor.count(count, scanner.tokenStart(), scanner.tokenEnd());
        }
    }

    private static String text(byte[] response, int start, int end) {
        return new String(response, start, end - start, US_ASCII);
    }
}
