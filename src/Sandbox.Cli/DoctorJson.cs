using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sandbox.Cli;

/// <summary>The report for programs: <c>sandbox doctor --json</c>.</summary>
internal static class DoctorJson
{
    /// <summary>Writes the report as one object.</summary>
    public static void Write(IBufferWriter<byte> to, HostReport report, bool pretty)
    {
        using var json = new Utf8JsonWriter(to, Options(pretty));
        json.WriteStartObject();
        json.WriteString("schema", "sandbox.doctor/1");
        json.WriteBoolean("ready", report.IsReady);
        json.WriteString("kernel", report.Kernel);
        json.WriteNumber("uid", report.Uid);
        json.WriteString("container", ContainerName(report.Container));
        json.WriteNumber("wsl", report.WslVersion);
        json.WriteStartArray("rungs");
        foreach (var requirement in report.Requirements)
        {
            WriteRequirement(json, requirement);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    // Fixes are commands to copy: quotes and ampersands stay themselves. The output is not for web pages.
    private static JsonWriterOptions Options(bool pretty) =>
        new() { Indented = pretty, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static void WriteRequirement(Utf8JsonWriter json, HostRequirement requirement)
    {
        json.WriteStartObject();
        json.WriteString("name", requirement.Name);
        json.WriteString("state", requirement.State switch
        {
            RequirementState.Ok => "ok",
            RequirementState.Degraded => "degraded",
            _ => "missing",
        });
        json.WriteBoolean("required", requirement.IsRequired);
        json.WriteString("detail", requirement.Detail);
        json.WriteString("loses", requirement.State == RequirementState.Ok ? "" : requirement.Loses);
        json.WriteString("blocker", requirement.Blocker);
        json.WriteString("fix", requirement.Fix);
        json.WriteEndObject();
    }

    private static string? ContainerName(ContainerKind container) => container switch
    {
        ContainerKind.None => null,
        ContainerKind.Docker => "docker",
        ContainerKind.Podman => "podman",
        ContainerKind.Kubernetes => "kubernetes",
        ContainerKind.Lxc => "lxc",
        ContainerKind.Nspawn => "systemd-nspawn",
        _ => "other",
    };
}
