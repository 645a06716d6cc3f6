package dev.warmlane.helm;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Secrets in which Helm keeps its releases. It writes and reads them as protobuf: "k8s" and a zero, then field 1 with the
 * type and field 2 with the object. They are not understood here, only given back.
 */
final class ReleaseSecrets {
    static final String TYPE = "application/vnd.kubernetes.protobuf";

    private static final Pattern NAME = Pattern.compile("sh\\.helm\\.release\\.v1\\.warmlane\\.v\\d+");
    private static final byte[] HEAD = {'k', '8', 's', 0};
    private static final byte[] LIST_TYPE = "\n\2v1\22\nSecretList".getBytes(StandardCharsets.ISO_8859_1);

    private final Map<String, byte[]> secrets = new TreeMap<>();

    /** @param message a Secret as Helm sends it */
    synchronized void put(byte[] message) {
        Matcher name = NAME.matcher(new String(message, StandardCharsets.ISO_8859_1));
        if (!name.find()) {
            throw new IllegalArgumentException("no release");
        }
        int type = HEAD.length + 2 + message[HEAD.length + 1];
        int length = 0;
        int at = type + 1;
        for (int shift = 0, more = 1; more != 0; shift += 7, at++) {
            length |= (message[at] & 0x7f) << shift;
            more = message[at] & 0x80;
        }
        secrets.put(name.group(), Arrays.copyOfRange(message, at, at + length));
    }

    /** All of them, as an API server lists them. */
    synchronized byte[] list() {
        ByteArrayOutputStream items = new ByteArrayOutputStream();
        secrets.values().forEach(secret -> field(2, secret, items));
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(HEAD);
        field(1, LIST_TYPE, message);
        field(2, items.toByteArray(), message);
        return message.toByteArray();
    }

    private static void field(int number, byte[] value, ByteArrayOutputStream message) {
        message.write(number << 3 | 2);
        int length = value.length;
        for (; length > 0x7f; length >>>= 7) {
            message.write(length & 0x7f | 0x80);
        }
        message.write(length);
        message.writeBytes(value);
    }
}
