package dev.warmlane.engines.discovery;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The port that vLLM listens on, as on the pods: EndpointSlices do not have the port numbers of the Service. At most one of name
 * and number is set; with neither, it is the first TCP port of the slice.
 *
 * @param name of the port in the Service, or null
 * @param number of the port on the pod, in [1, 65535], or null
 */
public record TargetPort(@Nullable String name, @Nullable Integer number) {
    /** The only port, or the first of several. */
    public static final TargetPort FIRST = new TargetPort(null, null);

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final int HIGHEST = 65535;

    /** @throws IllegalArgumentException if both are set or one is invalid */
    public TargetPort {
        if (name != null && (number != null || !NAME.matcher(name).matches())) {
            throw new IllegalArgumentException("port: %s (expected: a port's name or its number)".formatted(name));
        }
        if (number != null && (number < 1 || number > HIGHEST)) {
            throw new IllegalArgumentException("port: %d (expected: 1 to %d)".formatted(number, HIGHEST));
        }
    }

    /**
     * Reads a setting: digits are a number, other text is a name, blank is the first port.
     *
     * @throws IllegalArgumentException if it is neither a number in [1, 65535] nor a port name
     */
    public static TargetPort parse(String text) {
        if (text.isBlank()) {
            return FIRST;
        }
        if (!text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return new TargetPort(text, null);
        }
        // More digits than any port has would overflow an int.
        return new TargetPort(null, text.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(text));
    }

    /**
     * The port number for the endpoints of a slice; null if the slice does not have this port. A slice without ports, or with a
     * port without number, exposes all ports, so a numbered one is there.
     */
    @Nullable
    Integer in(List<EndpointPort> ports) {
        if (number != null) {
            boolean exposed = ports.isEmpty()
                    || ports.stream().anyMatch(port -> port.getPort() == null || number.equals(port.getPort()));
            return exposed ? number : null;
        }
        return ports.stream()
                .filter(port -> port.getProtocol() == null || port.getProtocol().equals("TCP"))
                .filter(port -> name == null || name.equals(port.getName()))
                .map(EndpointPort::getPort)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** The ports of a slice in words, for messages. */
    static String describe(List<EndpointPort> ports) {
        return ports.isEmpty()
                ? "a slice with ports"
                : ports.stream()
                        .map(port -> String.format(
                                Locale.ROOT,
                                "%s %s",
                                port.getName() == null || port.getName().isEmpty() ? "(no name)" : port.getName(),
                                port.getPort()))
                        .collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
        return name != null ? name : number != null ? number.toString() : "first";
    }
}
