package dev.warmlane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** ARCHITECTURE.md has all rooms, and what it names is where it says. */
class ArchitectureMapTest {
    private static final Path CODE = Path.of("src/main/java/dev/warmlane");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| ((?:`[a-z/]+`(?:, )?)+) \\| (.*) \\|$");
    private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");
    private static final Pattern TYPE = Pattern.compile("\\b(?:class|interface|enum|record) ([A-Z]\\w*)");
    private static final Pattern TEST = Pattern.compile("\\b[A-Z]\\w*[a-z](?:Test|IT)\\b");

    private static String map = "";
    /** By simple name. */
    private static final Map<String, Set<Path>> FOLDERS = new HashMap<>();

    private static final Set<String> TESTS = new HashSet<>();

    @BeforeAll
    static void read() throws IOException {
        map = Files.readString(Path.of("ARCHITECTURE.md")).replaceAll("(?s)```.*?```", "");
        for (Path file : sources(CODE)) {
            TYPE.matcher(Files.readString(file))
                    .results()
                    .forEach(type -> FOLDERS.computeIfAbsent(type.group(1), name -> new HashSet<>())
                            .add(CODE.relativize(file.getParent())));
        }
        for (Path file : sources(Path.of("src/test/java"))) {
            TESTS.add(file.getFileName().toString().replace(".java", ""));
        }
    }

    private static Set<Path> sources(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".java")).collect(Collectors.toSet());
        }
    }

    @Test
    void everyRoomIsOnTheMap() throws IOException {
        Map<String, String> rows = new HashMap<>();
        rows().forEach(row -> quoted(row.group(1)).forEach(room -> rows.put(room, row.group(2))));
        Set<String> rooms = sources(CODE).stream()
                .map(file -> CODE.relativize(file.getParent()).toString())
                .filter(room -> !room.isEmpty())
                .collect(Collectors.toSet());
        assertThat(rooms).allSatisfy(room -> {
            Path path = Path.of(room);
            String above = path.getParent() == null
                    ? ""
                    : rows.getOrDefault(path.getParent().toString(), "");
            assertThat(rows.containsKey(room) || above.contains("`" + path.getFileName() + "`"))
                    .isTrue();
        });
        assertThat(rooms).containsAll(rows.keySet());
    }

    @Test
    void whatARowNamesIsInItsRoom() {
        assertThat(rows()).allSatisfy(row -> {
            Set<Path> rooms = quoted(row.group(1)).map(Path::of).collect(Collectors.toSet());
            assertThat(quoted(row.group(2)).filter(ArchitectureMapTest::isClass))
                    .allSatisfy(name -> assertThat(FOLDERS.getOrDefault(name, Set.of()))
                            .anyMatch(folder -> rooms.stream().anyMatch(folder::startsWith)));
        });
    }

    @Test
    void whateverIsNamedExists() {
        assertThat(quoted(map).filter(ArchitectureMapTest::isClass))
                .isNotEmpty()
                .allMatch(name -> FOLDERS.containsKey(name) || TESTS.contains(name));
    }

    @Test
    void testsThatADocumentNamesExist() throws IOException {
        try (Stream<Path> pages = Stream.concat(
                Files.list(Path.of("docs")),
                Stream.of("ARCHITECTURE.md", "RATIONALE.md", "CONTRIBUTING.md").map(Path::of))) {
            assertThat(pages.filter(page -> page.toString().endsWith(".md"))
                            .flatMap(page -> TEST.matcher(text(page)).results().map(MatchResult::group)))
                    .isNotEmpty()
                    .allMatch(TESTS::contains);
        }
    }

    private static String text(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<MatchResult> rows() {
        return ROW.matcher(map).results();
    }

    private static Stream<String> quoted(String text) {
        return QUOTED.matcher(text).results().map(quote -> quote.group(1));
    }

    private static boolean isClass(String quoted) {
        return quoted.matches("[A-Z]\\w*[a-z]\\w*");
    }
}
