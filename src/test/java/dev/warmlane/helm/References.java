package dev.warmlane.helm;

import io.fabric8.tekton.pipeline.v1.Param;
import io.fabric8.tekton.pipeline.v1.ParamSpec;
import io.fabric8.tekton.pipeline.v1.ParamValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Replaces {@code $(params.image)} and its like as Tekton does; one that nobody has a value for is an error. */
final class References {
    private static final Pattern REFERENCE =
            Pattern.compile("\\$\\(((params|tasks|results|workspaces|context)\\.[^)]+)\\)");
    private static final Pattern WHOLE_LIST = Pattern.compile("\\$\\(([^)]+)\\[\\*\\]\\)");

    private final Map<String, String> texts = new HashMap<>();
    private final Map<String, List<String>> lists = new HashMap<>();

    void put(String name, String value) {
        texts.put(name, value);
    }

    /** The parameters with their defaults. */
    void putDefaults(List<ParamSpec> specs) {
        specs.stream()
                .filter(spec -> spec.getDefault() != null)
                .forEach(spec -> put("params." + spec.getName(), spec.getDefault()));
    }

    void put(String name, ParamValue value) {
        if (value.getArrayVal() == null || value.getStringVal() != null) {
            texts.put(name, replaced(value.getStringVal()));
        } else {
            lists.put(name, replaced(value.getArrayVal()));
        }
    }

    /** What a parameter is given, with everything in it replaced. */
    Param replaced(Param param) {
        ParamValue value = param.getValue();
        return new Param(
                param.getName(),
                value.getStringVal() == null
                        ? new ParamValue(replaced(value.getArrayVal()))
                        : new ParamValue(replaced(value.getStringVal())));
    }

    List<String> replaced(List<String> values) {
        return values.stream().flatMap(this::items).toList();
    }

    private Stream<String> items(String value) {
        Matcher whole = WHOLE_LIST.matcher(value);
        return whole.matches() ? known(lists, whole.group(1)).stream() : Stream.of(replaced(value));
    }

    String replaced(String text) {
        return REFERENCE
                .matcher(text)
                .replaceAll(reference -> Matcher.quoteReplacement(known(texts, reference.group(1))));
    }

    private static <T> T known(Map<String, T> values, String name) {
        T value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("$(%s): unknown (expected: one of %s)".formatted(name, values.keySet()));
        }
        return value;
    }
}
