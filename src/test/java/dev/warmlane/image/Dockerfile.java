package dev.warmlane.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The Dockerfile as its instructions. Reads as much of the format as ours uses: comments, continued lines, ARG before FROM. */
record Dockerfile(List<Instruction> instructions) {

    /** One of them, such as USER and 65532:65532. Its arguments are without the flags, such as --from=jar, before them. */
    record Instruction(String name, String arguments, Map<String, String> flags) {}

    static Dockerfile read() {
        try {
            return parse(Files.readString(Path.of("Dockerfile")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Dockerfile parse(String text) {
        List<Instruction> instructions = new ArrayList<>();
        String whole = text.lines()
                .filter(line -> !line.isBlank() && !line.stripLeading().startsWith("#"))
                .reduce("", (before, line) -> before + line + "\n")
                .replaceAll("\\\\\\n\\s*", "");
        whole.lines().forEach(line -> instructions.add(instruction(line)));
        return new Dockerfile(List.copyOf(instructions));
    }

    private static Instruction instruction(String line) {
        String[] nameAndRest = line.strip().split("\\s+", 2);
        String rest = nameAndRest[1];
        Map<String, String> flags = new HashMap<>();
        while (rest.startsWith("--")) {
            String[] flagAndRest = rest.split("\\s+", 2);
            String[] flag = flagAndRest[0].substring(2).split("=", 2);
            flags.put(flag[0], flag[1]);
            rest = flagAndRest[1];
        }
        return new Instruction(nameAndRest[0].toUpperCase(Locale.ROOT), rest, flags);
    }

    List<Instruction> all(String name) {
        return instructions.stream()
                .filter(instruction -> instruction.name().equals(name))
                .toList();
    }

    /** The last of its name in the last stage: what the image has. */
    String last(String name) {
        String found = null;
        for (Instruction instruction : instructions) {
            if (instruction.name().equals("FROM")) {
                found = null;
            } else if (instruction.name().equals(name)) {
                found = instruction.arguments();
            }
        }
        if (found == null) {
            throw new AssertionError(name + ": none in the last stage");
        }
        return found;
    }

    /** The images that the stages begin with, arguments filled in, in their order. */
    List<String> images() {
        Map<String, String> defaults = new HashMap<>();
        List<String> images = new ArrayList<>();
        for (Instruction instruction : instructions) {
            if (instruction.name().equals("ARG")) {
                String[] nameAndDefault = instruction.arguments().split("=", 2);
                defaults.put("${" + nameAndDefault[0] + "}", nameAndDefault[1]);
            } else if (instruction.name().equals("FROM")) {
                String image = instruction.arguments().split("\\s+")[0];
                images.add(defaults.getOrDefault(image, image));
            }
        }
        return images;
    }
}
