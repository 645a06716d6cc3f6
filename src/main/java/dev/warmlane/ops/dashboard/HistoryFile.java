package dev.warmlane.ops.dashboard;

import dev.warmlane.ops.dashboard.History.Subject;
import dev.warmlane.ops.dashboard.History.Tier;
import dev.warmlane.ops.dashboard.History.Track;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/**
 * A history on disk: one file, written whole and then put in the place of the one before, so that a process that dies while
 * it writes loses nothing that was there. Figures are found by their names again, so a version that adds one still reads what
 * an older one wrote. For one thread at a time.
 */
public final class HistoryFile {
    private static final int MAGIC = 0x574c4832; // "WLH2"

    /** As it was when all subjects had as many points. */
    private static final int FIRST_MAGIC = 0x574c4831; // "WLH1"

    private static final int MOST = 100_000;

    private final Path file;

    /** @param file where it is kept; its directory must exist */
    public HistoryFile(Path file) {
        this.file = file;
    }

    /** Writes the history as it is now. */
    public void save(History history) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(MAGIC);
            synchronized (history) {
                for (Tier tier : history.tiers()) {
                    write(out, tier, history);
                }
            }
        }
        Path next = file.resolveSibling(file.getFileName() + ".new");
        try (BufferedOutputStream out = new BufferedOutputStream(Files.newOutputStream(next))) {
            bytes.writeTo(out);
        }
        Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Reads what was saved into a history that has nothing yet.
     *
     * @return whether there was a file
     * @throws IOException if it cannot be read or is not a history; what was read until then stays
     */
    public boolean load(History history) throws IOException {
        if (!Files.exists(file)) {
            return false;
        }
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            int magic = in.readInt();
            if (magic != MAGIC && magic != FIRST_MAGIC) {
                throw new IOException("%s: no history (expected: a file that this program wrote)".formatted(file));
            }
            synchronized (history) {
                for (Tier tier : history.tiers()) {
                    read(in, tier, history, magic == FIRST_MAGIC);
                }
            }
        }
        return true;
    }

    /**
     * Moves the file out of the way of the next save, in place of one that was moved before.
     *
     * @return where it is now
     */
    public Path setAside() throws IOException {
        Path aside = file.resolveSibling(file.getFileName() + ".unreadable");
        return Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void write(DataOutputStream out, Tier tier, History history) throws IOException {
        out.writeInt(tier.resolution().points());
        out.writeInt(tier.tracks().size());
        for (Map.Entry<Subject, Track> entry : tier.tracks().entrySet()) {
            Subject subject = entry.getKey();
            Track track = entry.getValue();
            out.writeUTF(subject.pool());
            out.writeUTF(subject.endpoint() == null ? "" : subject.endpoint());
            out.writeLong(track.lastStep());
            List<Figure> figures = history.figures(subject);
            int points = tier.resolution().points(subject);
            out.writeInt(points);
            out.writeInt(figures.size());
            for (int figure = 0; figure < figures.size(); figure++) {
                out.writeUTF(figures.get(figure).name());
                for (int i = 0; i < points; i++) {
                    out.writeFloat(track.at(figure, track.lastStep() - points + 1 + i));
                }
            }
        }
    }

    private void read(DataInputStream in, Tier tier, History history, boolean first) throws IOException {
        int points = tier.resolution().points();
        if (in.readInt() != points) {
            throw new IOException("%s: other points at %s (expected: %d)"
                    .formatted(file, tier.resolution().label(), points));
        }
        int subjects = count(in);
        for (int i = 0; i < subjects; i++) {
            String pool = in.readUTF();
            String endpoint = in.readUTF();
            Subject subject = new Subject(pool, endpoint.isEmpty() ? null : endpoint);
            long lastStep = in.readLong();
            int saved = first ? points : count(in);
            List<String> names =
                    history.figures(subject).stream().map(Figure::name).toList();
            Track track = new Track(names.size(), tier.resolution().points(subject), lastStep);
            for (int left = count(in); left > 0; left--) {
                int figure = names.indexOf(in.readUTF());
                for (int point = 0; point < saved; point++) {
                    float value = in.readFloat();
                    long step = lastStep - saved + 1 + point;
                    if (figure >= 0 && step >= 0) {
                        track.set(figure, step, value);
                    }
                }
            }
            tier.tracks().put(subject, track);
        }
    }

    private int count(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > MOST) {
            throw new IOException("%s: %d entries (expected: 0 to %d)".formatted(file, count, MOST));
        }
        return count;
    }
}
