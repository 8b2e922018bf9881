namespace Sandbox;

/// <summary>Whether anything may be prepared or shared ahead of the job.</summary>
public enum IsolationLevel
{
    /// <summary>What is proven to hold no state of another job may be prepared ahead.</summary>
    Normal,

    /// <summary>Every namespace is made for this job alone.</summary>
    Strict,
}
