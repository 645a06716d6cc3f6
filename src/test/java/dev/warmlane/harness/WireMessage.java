package dev.warmlane.harness;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A request or a response as it was on the wire.
 *
 * @param startLine the request line or the status line
 * @param headers the header lines, in their order and spelling
 * @param body without chunk framing
 */
public record WireMessage(String startLine, List<String> headers, byte[] body) {

    public int status() {
        return Integer.parseInt(startLine.split(" ", 3)[1]);
    }

    /** The first value of this header, or null. */
    @Nullable
    public String header(String name) {
        List<String> values = headerValues(name);
        return values.isEmpty() ? null : values.get(0);
    }

    public List<String> headerValues(String name) {
        return headers.stream()
                .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                .map(line -> line.substring(name.length() + 1).strip())
                .toList();
    }

    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    public JsonNode json() {
        return JsonMapper.shared().readTree(body);
    }
}
