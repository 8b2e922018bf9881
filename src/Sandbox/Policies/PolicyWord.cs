namespace Sandbox.Policies;

/// <summary>A name, number or action in a policy file, and where it stands.</summary>
internal sealed record PolicyWord(string Text, PolicySource Source, string Pointer, long Offset);
