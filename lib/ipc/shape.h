/* shape.h: describes the structs that travel between rooms, and packs and unpacks them.
 *
 * One table a struct serves both directions. Unpacking trusts nothing: each length is compared with what is left, each
 * count with the bytes that its rows need at least, texts must be free of NULs. Pure, any thread. */
#ifndef PLI_IPC_SHAPE_H
#define PLI_IPC_SHAPE_H

#include <pli/base.h>
#include <stddef.h>

typedef enum
{
  PLI_SHAPE_U32,   /* guint32, gint, gboolean */
  PLI_SHAPE_U64,   /* guint64, gint64 */
  PLI_SHAPE_TEXT,  /* const char *, may be NULL */
  PLI_SHAPE_SPAN,  /* PliSpan */
  PLI_SHAPE_TEXTS, /* NULL-terminated const char *const *, may be NULL */
  PLI_SHAPE_ROWS,  /* pointer to an array and a guint32 count */
  PLI_SHAPE_INNER, /* struct inside */
} PliShapeKind;

typedef struct PliShape PliShape;

typedef struct
{
  PliShapeKind kind;
  guint32 offset;
  guint32 count_offset;
  const PliShape *inner;
} PliShapeField;

struct PliShape
{
  const char *name;
  gsize size;
  const PliShapeField *fields;
  guint n_fields;
  gsize least; /* bytes that one packed value needs at least, for checking counts */
};

#define PLI_SHAPE_VALUE(Type)                                                                                          \
  {                                                                                                                    \
#Type, sizeof(Type), Type##_fields, G_N_ELEMENTS(Type##_fields), 4 * G_N_ELEMENTS(Type##_fields)                   \
  }
#define PLI_SHAPE(Type, ...)                                                                                           \
  static const PliShapeField Type##_fields[] = { __VA_ARGS__ };                                                        \
  static const PliShape Type##_shape = PLI_SHAPE_VALUE (Type)
/* The same, for other files too: a header has `extern const PliShape Type_shape;`. */
#define PLI_SHAPE_SHARED(Type, ...)                                                                                    \
  static const PliShapeField Type##_fields[] = { __VA_ARGS__ };                                                        \
  const PliShape Type##_shape = PLI_SHAPE_VALUE (Type)
#define F_U32(Type, f)                                                                                                 \
  {                                                                                                                    \
    PLI_SHAPE_U32, offsetof (Type, f) + 0 * sizeof (char[sizeof (((Type *) 0)->f) == 4 ? 1 : -1]), 0, NULL             \
  }
#define F_U64(Type, f)                                                                                                 \
  {                                                                                                                    \
    PLI_SHAPE_U64, offsetof (Type, f) + 0 * sizeof (char[sizeof (((Type *) 0)->f) == 8 ? 1 : -1]), 0, NULL             \
  }
#define F_TEXT(Type, f)                                                                                                \
  {                                                                                                                    \
    PLI_SHAPE_TEXT, offsetof (Type, f), 0, NULL                                                                        \
  }
#define F_SPAN(Type, f)                                                                                                \
  {                                                                                                                    \
    PLI_SHAPE_SPAN, offsetof (Type, f), 0, NULL                                                                        \
  }
#define F_TEXTS(Type, f)                                                                                               \
  {                                                                                                                    \
    PLI_SHAPE_TEXTS, offsetof (Type, f), 0, NULL                                                                       \
  }
#define F_ROWS(Type, f, n, Row)                                                                                        \
  {                                                                                                                    \
    PLI_SHAPE_ROWS, offsetof (Type, f), offsetof (Type, n), &Row##_shape                                               \
  }
#define F_INNER(Type, f, Inner)                                                                                        \
  {                                                                                                                    \
    PLI_SHAPE_INNER, offsetof (Type, f), 0, &Inner##_shape                                                             \
  }

void pli_shape_pack (const PliShape *shape, const void *value, PliBuffer *out);
/* Fills @out (zeroed, shape->size bytes). Texts and rows are in @arena, spans point into @in, which must outlive them.
 * FALSE when @in is not exactly one packed value. */
gboolean pli_shape_unpack (const PliShape *shape, PliSpan in, PliArena *arena, void *out);

#endif
