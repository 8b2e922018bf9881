namespace Sandbox.Tests.Telemetry;

/// <summary>Reads OTLP messages by the field numbers of opentelemetry-proto.</summary>
internal static class OtlpMessages
{
    public static IReadOnlyList<ProtoMessage> Spans(this ProtoMessage request) =>
        [.. request.Messages(1).SelectMany(resource => resource.Messages(2)).SelectMany(scope => scope.Messages(2))];

    public static IReadOnlyList<ProtoMessage> Metrics(this ProtoMessage request) => request.Spans();

    public static Dictionary<string, object> Resource(this ProtoMessage request) => request.Message(1)!.Message(1)!.Attributes(1);

    public static Dictionary<string, object> Attributes(this ProtoMessage message, int field) =>
        message.Messages(field).ToDictionary(pair => pair.Text(1), pair => Value(pair.Message(2)!));

    public static ProtoMessage Named(this IEnumerable<ProtoMessage> messages, int nameField, string name) =>
        messages.Single(message => message.Text(nameField) == name);

    public static ProtoMessage Span(this ProtoMessage request, string name) => request.Spans().Named(5, name);

    public static ProtoMessage Metric(this ProtoMessage request, string name) => request.Metrics().Named(1, name);

    private static object Value(ProtoMessage value)
    {
        if (value.Has(1))
        {
            return value.Text(1);
        }

        if (value.Has(2))
        {
            return value.Integer(2) != 0;
        }

        if (value.Has(3))
        {
            return value.Integer(3);
        }

        if (value.Has(4))
        {
            return value.Double(4);
        }

        return value.Message(5)!.Messages(1).Select(element => element.Text(1)).ToArray();
    }
}
