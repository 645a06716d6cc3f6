{{/* The newest preset of config/vllm that is not newer than vllm.version, as YAML. */}}
{{- define "warmlane.preset" -}}
{{- $version := required "vllm.version: empty (expected: the version of vLLM, such as 0.10.0)" .Values.vllm.version -}}
{{- $best := dict -}}
{{- $known := list -}}
{{- range $path, $_ := .Files.Glob "config/vllm/v*.yaml" -}}
  {{- $preset := $.Files.Get $path | fromYaml -}}
  {{- $known = append $known $preset.from -}}
  {{- if semverCompare (printf ">=%s" $preset.from) $version -}}
    {{- if or (not $best) (semverCompare (printf ">%s" (default "0.0.0" $best.from)) $preset.from) -}}
      {{- $best = $preset -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if not $known -}}
{{- fail "config/vllm: not in the chart (expected: a packaged chart, or a checkout that keeps symbolic links)" -}}
{{- else if not $best -}}
{{- fail (printf "vllm.version: %s (expected: %s or later)" $version (first ($known | sortAlpha))) -}}
{{- end -}}
{{- toYaml $best -}}
{{- end -}}

{{/* The arguments of vllm serve that the preset gives, as a YAML list. */}}
{{- define "warmlane.presetArgs" -}}
{{- $vllm := .Values.vllm -}}
{{- $preset := include "warmlane.preset" . | fromYaml -}}
{{- $hash := default (first $preset.hashAlgorithms) $vllm.hashAlgorithm -}}
{{- if not (has $hash $preset.hashAlgorithms) -}}
{{- fail (printf "vllm.hashAlgorithm: %s (expected: with vLLM %s one of %s)" $hash $vllm.version (join ", " $preset.hashAlgorithms)) -}}
{{- end -}}
{{- if and $vllm.kvEvents.enabled $preset.eventHashAlgorithms (not (has $hash $preset.eventHashAlgorithms)) -}}
{{- fail (printf "vllm.hashAlgorithm: %s (expected: with KV events of vLLM %s one of %s)" $hash $vllm.version (join ", " $preset.eventHashAlgorithms)) -}}
{{- end -}}
{{- range $preset.args }}
{{- if or (not .when) (index $vllm .when).enabled }}
- {{ .arg
    | replace "${hashAlgorithm}" $hash
    | replace "${blockSize}" (toString $vllm.blockSize)
    | replace "${gpuMemoryUtilization}" (toString $vllm.gpuMemoryUtilization)
    | replace "${shutdownSeconds}" (int64 $vllm.shutdownSeconds | toString)
    | replace "${kvEventsPort}" (toString $vllm.kvEvents.port)
    | replace "${kvReplayPort}" (add1 $vllm.kvEvents.port | toString)
    | squote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Fails where two things of a vLLM pod would have one port. */}}
{{- define "warmlane.checkEnginePorts" -}}
{{- $taken := list (dict "name" "vLLM itself" "first" 8000 "last" 8000) -}}
{{- $wanted := list -}}
{{- with .Values.vllm.kvEvents -}}
{{- if .enabled -}}{{- $wanted = append $wanted (dict "name" "vllm.kvEvents.port" "first" (int .port) "last" (add1 .port | int)) -}}{{- end -}}
{{- end -}}
{{- with .Values.vllm.roles -}}
{{- if .enabled -}}
{{- $wanted = append $wanted (dict "name" "vllm.roles.sideChannelPort" "first" (int .sideChannelPort) "last" (add 15 .sideChannelPort | int)) -}}
{{- $wanted = append $wanted (dict "name" "vllm.roles.transferPort" "first" (int .transferPort) "last" (add 999 .transferPort | int)) -}}
{{- end -}}
{{- end -}}
{{- range $port := $wanted -}}
{{- range $other := $taken -}}
{{- if and (le $port.first $other.last) (ge $port.last $other.first) -}}
{{- fail (printf "%s: %d (expected: none of the ports from %d to %d, which %s has)" $port.name $port.first $other.first $other.last $other.name) -}}
{{- end -}}
{{- end -}}
{{- $taken = append $taken $port -}}
{{- end -}}
{{- end -}}

{{/* Seconds that the preStop hook waits: until gateways have seen the pod leave, and where vLLM does not drain, until running
     requests had their time too. */}}
{{- define "warmlane.enginePreStop" -}}
{{- $drains := (include "warmlane.preset" . | fromYaml).drains -}}
{{- add .Values.vllm.preStopSeconds (ternary 0 .Values.vllm.shutdownSeconds $drains) -}}
{{- end -}}
