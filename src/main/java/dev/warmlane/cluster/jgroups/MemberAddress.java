package dev.warmlane.cluster.jgroups;

import dev.warmlane.cluster.ClusterTransport.Member;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jgroups.Address;
import org.jgroups.util.ExtendedUUID;

/** A member as JGroups' address of it: the name and the version travel within, so that they are known with the member itself. */
final class MemberAddress {
    private static final String NAME = "name";
    private static final String VERSION = "version";
    private static final int LONGEST_BYTES = 80;

    private MemberAddress() {}

    static ExtendedUUID create(String name, String version) {
        return ExtendedUUID.randomUUID(name).put(NAME, bytes(name)).put(VERSION, bytes(version));
    }

    static Member member(Address address) {
        return address instanceof ExtendedUUID id
                ? new Member(id.toStringLong(), text(id, NAME), text(id, VERSION))
                : new Member(address.toString(), "", "");
    }

    private static byte[] bytes(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= LONGEST_BYTES ? bytes : Arrays.copyOf(bytes, LONGEST_BYTES);
    }

    private static String text(ExtendedUUID id, String key) {
        byte[] bytes = id.get(key);
        return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
    }
}
