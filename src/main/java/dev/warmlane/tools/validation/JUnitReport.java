package dev.warmlane.tools.validation;

import java.util.ArrayList;
import java.util.List;

/** JUnit's XML, as CI servers read it: a case for the setup and one for each target. */
final class JUnitReport {
    private record Case(String name, List<String> failures) {}

    private JUnitReport() {}

    static String write(Report report) {
        List<Case> cases = new ArrayList<>();
        cases.add(new Case("setup", report.findings()));
        report.targets()
                .forEach(target ->
                        cases.add(new Case(target.name(), target.met() ? List.of() : List.of(target.toString()))));
        long failed = cases.stream().filter(test -> !test.failures().isEmpty()).count();
        StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        xml.append("<testsuite name=\"warmlane validate %s\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"0\">\n"
                .formatted(escaped(report.pool()), cases.size(), failed));
        for (Case test : cases) {
            xml.append("  <testcase classname=\"warmlane.validate\" name=\"").append(escaped(test.name()));
            if (test.failures().isEmpty()) {
                xml.append("\"/>\n");
            } else {
                xml.append("\">\n    <failure message=\"")
                        .append(escaped(String.join("; ", test.failures())))
                        .append("\"/>\n  </testcase>\n");
            }
        }
        xml.append("  <system-out>").append(escaped(TextReport.table(report))).append("</system-out>\n");
        return xml.append("</testsuite>\n").toString();
    }

    private static String escaped(String text) {
        return text.replaceAll("[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F]", "?")
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
