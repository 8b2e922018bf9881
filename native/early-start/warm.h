#ifndef WARM_H
#define WARM_H

/* Gives this process the pages that the managed runtime is sure to write to, all at once. */
void warm_pages(void);

#endif
